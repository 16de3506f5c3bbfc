/** The handlers of the entity. */
export const counterTs = (
  scope: string,
): string => `import { error, reply, Status, updateState, valueEntity } from "rollcall";
import { CounterState, CountersDefinition } from "./gen/${scope}/v1/counters.ts";

/** A number that only grows. */
export const counter = valueEntity(CountersDefinition, {
  state: CounterState,
  increase: ({ counter_id, by }, { value }) =>
    by > 0
      ? updateState(CounterState.create({ counter_id, value: value + by })).thenReply((next) => next)
      : error(Status.INVALID_ARGUMENT, "a counter grows by 1 at least"),
  getCounter: ({ counter_id }, { value }) => reply(CounterState.create({ counter_id, value })),
});
`;

export const serviceTs = (name: string, scope: string): string => `import { type Application, view } from "rollcall";
import { counter } from "./counter.ts";
import { HighCountersDefinition } from "./gen/${scope}/v1/counters.ts";

/** The service, for any way of running. */
export const service = (descriptors: Uint8Array): Application => ({
  name: "${name}",
  descriptors,
  components: [counter, view(HighCountersDefinition)],
});
`;

export const mainTs = `import { readFileSync } from "node:fs";
import { runService } from "rollcall";
import { service } from "./service.ts";

const descriptors = readFileSync(new URL("./gen/descriptors.binpb", import.meta.url));
await runService(service(descriptors), { port: (config) => config.port });
`;

/** Tests of it: cases of the entity, and the whole service with its view. */
export const serviceTest = (scope: string): string => `import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Status } from "rollcall";
import { specify, startTestkit } from "rollcall/testkit";
import { counter } from "./counter.ts";
import { CountersDefinition, HighCountersDefinition } from "./gen/${scope}/v1/counters.ts";
import { service } from "./service.ts";

const descriptors = readFileSync(new URL("./gen/descriptors.binpb", import.meta.url));
const { given } = specify(service(descriptors));

test("given a counter, when it is increased, then it is higher", () =>
  given(counter, "a", { counter_id: "a", value: 2 })
    .when("increase", { counter_id: "a", by: 3 })
    .thenExpect({ reply: { value: 5 }, state: { value: 5 } }));

test("given a counter, when it is to grow by nothing, then it refuses", () =>
  given(counter, "a", { counter_id: "a", value: 2 })
    .when("increase", { counter_id: "a", by: 0 })
    .thenFails(Status.INVALID_ARGUMENT));

test("high counters are found, and no others", async () => {
  const testkit = await startTestkit(service(descriptors));
  try {
    const counters = testkit.client(CountersDefinition);
    await counters.increase({ counter_id: "low", by: 1 });
    await counters.increase({ counter_id: "high", by: 1000 });
    await testkit.settled();
    const found: string[] = [];
    const high = testkit.client(HighCountersDefinition).atLeast({ value: 100 });
    for await (const { counter_id } of high) found.push(counter_id);
    assert.deepEqual(found, ["high"]);
  } finally {
    await testkit.close();
  }
});
`;
