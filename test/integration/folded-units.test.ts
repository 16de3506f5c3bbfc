import { expect } from "chai";
import { Heartbeat, UserPresenceState } from "../../gen/presence/v1/presence.ts";
import { decodeMessage } from "../../runtime/codec.ts";
import type { EntityStore, LogRecord, OutgoingRecord, Ports } from "../../runtime/ports.ts";
import { eventually } from "../support/eventually.ts";
import { openTestBench, type TestBench } from "../support/served.ts";
import { type Seen, tallyApplication, tallyType } from "../support/tally.ts";
import { recordsOf } from "../support/topics.ts";
import { describeOnBothWays } from "../support/ways-of-running.ts";

type Save = EntityStore["save"];

const withSave = (ports: Ports, decorate: (save: Save) => Save): Ports => ({
  ...ports,
  entities: { ...ports.entities, save: decorate(ports.entities.save.bind(ports.entities)) },
});

const withPublish = (ports: Ports, isDown: (records: readonly OutgoingRecord[]) => boolean): Ports => ({
  ...ports,
  bus: {
    ...ports.bus,
    publish: async (records) => {
      if (isDown(records)) throw new Error("the bus is away");
      await ports.bus.publish(records);
    },
  },
});

describeOnBothWays("several records of one key", (openPorts) => {
  let bench: TestBench;
  let seen: Seen;

  beforeEach(async () => {
    bench = openTestBench(await openPorts());
    await bench.ports.bus.ensureTopics([{ name: "tally-in", policy: undefined }]);
  });
  afterEach(() => bench.close());

  const start = async (ports?: Ports) => {
    const { application, seen: handled } = await tallyApplication();
    seen = handled;
    return bench.serve(application, {}, ports);
  };
  const recordOf = (reason: string, device_id = "d"): OutgoingRecord => ({
    topic: "tally-in",
    key: "u/d",
    partitionKey: "u",
    value: Heartbeat.encode(Heartbeat.fromPartial({ user_id: "u", device_id, reason })).finish(),
    headers: { ce_type: "presence.v1.Heartbeat" },
  });
  const send = (...reasons: readonly string[]): Promise<void> =>
    bench.ports.bus.publish(reasons.map((reason) => recordOf(reason)));
  const published = async (): Promise<readonly (readonly [bigint, string])[]> =>
    (await recordsOf(bench.ports.bus, "tally-out")).map(({ value }: LogRecord) => {
      const { version, reason } = decodeMessage(UserPresenceState, value ?? new Uint8Array());
      return [version, reason];
    });
  const expectPublished = (...reasons: readonly string[]): Promise<void> =>
    eventually(async () =>
      expect(await published()).to.deep.equal(reasons.map((reason, i) => [BigInt(i + 1), reason])),
    );
  const expectStored = async (version: bigint, device_id = "d"): Promise<void> => {
    const entity = await bench.ports.entities.load(await tallyType(), `u/${device_id}`);
    expect(entity?.state).to.include({ version });
  };
  const expectNothingPending = async (): Promise<void> => {
    const type = await tallyType();
    await eventually(async () => {
      for await (const { key } of bench.ports.entities.pending(type)) throw new Error(`"${key}" has messages pending`);
    });
  };

  it("are saved as one, and published one by one, in order", async () => {
    let saves = 0;
    await send("1", "2", "3", "4", "5");
    const counting = withSave(bench.ports, (save) => (...change) => {
      saves += 1;
      return save(...change);
    });
    await start(counting);
    await expectPublished("1", "2", "3", "4", "5");
    await expectStored(5n);
    await expectNothingPending();
    expect(saves).to.equal(1);
    const ids = (await recordsOf(bench.ports.bus, "tally-out")).map(({ headers }) => headers.ce_id);
    expect(new Set(ids)).to.have.property("size", 5);
  });

  it("leave all of their messages pending when the bus is away, which go out after a crash", async () => {
    await send("1", "2", "3");
    const crashed = await start(
      withPublish(bench.ports, (records) => records.some(({ topic }) => topic === "tally-out")),
    );
    await eventually(() => expectStored(3n));
    await crashed.close();
    expect(await published()).to.deep.equal([]);
    await start();
    await expectPublished("1", "2", "3");
    await expectNothingPending();
    expect(seen.taken).to.deep.equal([]);
  });

  it("are applied once when a part of them is delivered again, beside new ones", async () => {
    const forgetful: Ports = {
      ...bench.ports,
      bus: {
        ...bench.ports.bus,
        subscribe: (subscription) =>
          bench.ports.bus.subscribe({
            ...subscription,
            onBatch: async (batch) => {
              await subscription.onBatch(batch);
              throw new Error("died before the offset was committed");
            },
          }),
      },
    };
    await send("1", "2", "3");
    const crashed = await start(forgetful);
    await expectPublished("1", "2", "3");
    await crashed.close();
    await send("4", "5");
    await start();
    await expectPublished("1", "2", "3", "4", "5");
    await expectStored(5n);
  });

  it("do not fail with one among them that is refused, or that stumbles for a while", async () => {
    await send("1", "refuse", "2", "stumble", "3");
    const { application, seen: handled } = await tallyApplication();
    handled.failures = 3;
    await bench.serve(application);
    await expectPublished("1", "2", "stumble", "3");
    await expectStored(4n);
    expect(await recordsOf(bench.ports.bus, "tally-in.dead-letter")).to.have.length(1);
  });

  it("are applied once when the answer to their save is lost", async () => {
    let isLost = false;
    await send("1", "2", "3");
    await start(
      withSave(bench.ports, (save) => async (...change) => {
        const outcome = await save(...change);
        if (isLost) return outcome;
        isLost = true;
        throw new Error("the answer is lost");
      }),
    );
    await expectPublished("1", "2", "3");
    await expectStored(3n);
    await expectNothingPending();
  });

  it("run again on what another writer has saved meanwhile", async () => {
    let isFirst = true;
    await send("1", "2", "3");
    await start(
      withSave(bench.ports, (save) => async (type, change) => {
        if (isFirst) {
          isFirst = false;
          const state = UserPresenceState.fromPartial({ user_id: "u", device_id: "d", version: 10n });
          const foreign = { ...change, version: 7n, state, pending: [], applied: undefined };
          expect(await save(type, foreign)).to.equal("saved");
        }
        return save(type, change);
      }),
    );
    await eventually(async () =>
      expect(await published()).to.deep.equal([
        [11n, "1"],
        [12n, "2"],
        [13n, "3"],
      ]),
    );
    await expectStored(13n);
  });

  it("change every entity they are for", async () => {
    const devices = ["a", "a", "b", "b", "a"];
    await bench.ports.bus.publish(devices.map((device, i) => recordOf(String(i), device)));
    await start();
    await eventually(async () => {
      expect((await published()).map(([, reason]) => reason).sort()).to.deep.equal(["0", "1", "2", "3", "4"]);
    });
    await expectStored(3n, "a");
    await expectStored(2n, "b");
  });
});
