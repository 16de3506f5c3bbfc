import { expect } from "chai";
import { UserPresenceState } from "../../gen/presence/v1/presence.ts";
import { descriptors } from "../../test/support/descriptors.ts";
import { eventually } from "../../test/support/eventually.ts";
import { recordingLog } from "../../test/support/recording-log.ts";
import { openSqlitePorts } from "../adapters/sqlite/ports.ts";
import { compileContract } from "../contract/compile.ts";
import type { EntityType, Ports, Reader } from "../ports.ts";
import { processTimers } from "../timers.ts";
import { createWaker, type Waker } from "./waker.ts";

const schema = compileContract(descriptors).model.registry.getMessage("presence.v1.UserPresenceState");
if (schema === undefined) throw new Error("the descriptor set has no presence.v1.UserPresenceState");
const type: EntityType = { name: "t", state: { ...UserPresenceState, name: schema.typeName, schema }, wakes: true };

describe("a waker", () => {
  let ports: Ports;
  let now: number;
  const readers: Reader[] = [];
  const woken: string[] = [];

  const waker = (): Waker =>
    createWaker({
      type,
      withinMs: 60_000,
      store: ports.entities,
      now: () => now,
      timers: processTimers,
      log: recordingLog(),
    });
  const start = (each: Waker, name: string, wake: (key: string) => Promise<unknown> = async () => undefined): void => {
    readers.push(
      each.start(async (key) => {
        woken.push(`${name} ${key}`);
        await wake(key);
      }),
    );
  };
  const save = (key: string, wakeAt: number | undefined, expectedVersion = 0n) =>
    ports.entities.save(type, {
      key,
      expectedVersion,
      version: expectedVersion + 1n,
      state: UserPresenceState.create(),
      pending: [],
      applied: undefined,
      wakeAt,
    });

  beforeEach(() => {
    ports = openSqlitePorts({ folder: ":memory:" });
    now = 1_000_000;
    woken.length = 0;
  });
  afterEach(async () => {
    await Promise.all(readers.splice(0).map((reader) => reader.close()));
    await ports.close();
  });

  it("wakes what was noted at its time, and not before", async () => {
    const one = waker();
    start(one, "one");
    one.note("early", now + 100);
    one.note("late", now + 50_000);
    one.note("never", now + 100);
    one.note("never", undefined);
    now += 100;
    await eventually(() => expect(woken).to.deep.equal(["one early"]));
    now += 50_000;
    await eventually(() => expect(woken).to.deep.equal(["one early", "one late"]));
  });

  it("wakes what a process that is no more has left, once it is over by a second", async () => {
    await save("left", now + 3000);
    start(waker(), "other", (key) => save(key, undefined, 1n));
    now += 4000;
    await eventually(() => expect(woken).to.deep.equal(["other left"]));
    const all = { until: now + 60_000, beyond: now + 60_000 };
    await eventually(async () => expect(await ports.entities.toWake(type, all)).to.deep.equal([]));
  });

  it("tries again what fails", async () => {
    const one = waker();
    let failures = 1;
    start(one, "one", async () => {
      if (failures-- > 0) throw new Error("the store is away");
    });
    one.note("k", now);
    await eventually(() => expect(woken).to.have.length(1));
    now += 1000;
    await eventually(() => expect(woken).to.have.length(2));
  });

  it("wakes at once what a clock noted that was set back since", async () => {
    await save("stored", now + 3_600_000);
    const one = waker();
    start(one, "one", (key) => save(key, undefined, key === "stored" ? 1n : 0n));
    one.note("noted", now + 3_600_000);
    await eventually(() => expect(woken).to.have.members(["one stored", "one noted"]));
  });
});
