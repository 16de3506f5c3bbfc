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

/** A test of the whole service, on the embedded store in memory. */
export const serviceTest = (name: string, scope: string): string => `import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { createLog, openPorts, readConfig, type Served, serve } from "rollcall";
import { type Channel, createChannel, createClient } from "rollcall/grpc";
import { CountersDefinition, HighCountersDefinition } from "./gen/${scope}/v1/counters.ts";
import { service } from "./service.ts";

const descriptors = readFileSync(new URL("./gen/descriptors.binpb", import.meta.url));
const config = { ...readConfig({}), dataFolder: ":memory:", port: 0 };
let served: Served;
let channel: Channel;
let stop: () => Promise<void>;

before(async () => {
  const log = createLog("error");
  const ports = await openPorts(config, log, "${name}");
  served = await serve(service(descriptors), { ...config, ports, log });
  channel = createChannel(\`127.0.0.1:\${served.port}\`);
  stop = async () => {
    channel.close();
    await served.close();
    await ports.close();
  };
});
after(() => stop());

test("a counter grows by what it is told to, and by 1 at least", async () => {
  const counters = createClient(CountersDefinition, channel);
  await counters.increase({ counter_id: "a", by: 2 });
  assert.equal((await counters.increase({ counter_id: "a", by: 3 })).value, 5);
  await assert.rejects(counters.increase({ counter_id: "a", by: 0 }), /INVALID_ARGUMENT/);
  assert.equal((await counters.getCounter({ counter_id: "a" })).value, 5);
});

test("high counters are found by the view, which follows within moments", { timeout: 20_000 }, async () => {
  await createClient(CountersDefinition, channel).increase({ counter_id: "high", by: 1000 });
  const view = createClient(HighCountersDefinition, channel);
  for (const found: string[] = []; found.length === 0; ) {
    for await (const { counter_id } of view.atLeast({ value: 1000 })) found.push(counter_id);
    assert.ok(found.every((id) => id === "high"));
  }
});
`;
