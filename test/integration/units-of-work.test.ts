import { expect } from "chai";
import { ClientError, createClient, Status } from "nice-grpc";
import { UserPresenceState } from "../../gen/presence/v1/presence.ts";
import { decodeMessage } from "../../runtime/codec.ts";
import type { LogRecord, OutgoingRecord, Ports, StoredEntity } from "../../runtime/ports.ts";
import { connectTo } from "../support/channel.ts";
import { eventually } from "../support/eventually.ts";
import { openTestBench, type TestBench } from "../support/served.ts";
import {
  type Seen,
  TallyActionsDefinition,
  TallyServiceDefinition,
  tallyApplication,
  tallyType,
} from "../support/tally.ts";
import { recordsOf, sendHeartbeat } from "../support/topics.ts";
import { describeOnBothWays } from "../support/ways-of-running.ts";

/** Ports whose bus does this first when something is published to the topic. */
const withBus = (ports: Ports, topic: string, first: () => Promise<void> | void): Ports => ({
  ...ports,
  bus: {
    ...ports.bus,
    publish: async (records: readonly OutgoingRecord[]) => {
      if (records.some((record) => record.topic === topic)) await first();
      await ports.bus.publish(records);
    },
  },
});

/** Ports whose bus refuses to publish to a topic while `isDown` says so. */
const withFailingBus = (ports: Ports, topic: string, isDown: () => boolean): Ports =>
  withBus(ports, topic, () => {
    if (isDown()) throw new Error("the bus is away");
  });

/** Ports whose store shows an entity as it was for the next `times` loads: a new primary does so for a moment. */
const withStaleLoads = (ports: Ports, times: number): Ports => {
  let left = times;
  const first = new Map<string, StoredEntity | undefined>();
  return {
    ...ports,
    entities: {
      ...ports.entities,
      async load(type, key) {
        const stored = await ports.entities.load(type, key);
        if (!first.has(key)) first.set(key, stored);
        else if (left-- > 0) return first.get(key);
        return stored;
      },
    },
  };
};

const stateOf = (record: LogRecord): UserPresenceState =>
  decodeMessage(UserPresenceState, record.value ?? new Uint8Array());

describeOnBothWays("a unit of work", (openPorts) => {
  let bench: TestBench;
  let seen: Seen;
  const clients = async (ports?: Ports) => {
    const { application, seen: handled } = await tallyApplication();
    seen = handled;
    const { port } = await bench.serve(application, {}, ports);
    const channel = await connectTo(`127.0.0.1:${port}`);
    return {
      entity: createClient(TallyServiceDefinition, channel),
      actions: createClient(TallyActionsDefinition, channel),
    };
  };
  const device = { user_id: "u", device_id: "d" };

  beforeEach(async () => {
    bench = openTestBench(await openPorts());
  });
  afterEach(() => bench.close());

  it("takes concurrent commands of one key one after the other", async () => {
    const { entity } = await clients();
    const replies = await Promise.all(Array.from({ length: 50 }, () => entity.add(device)));
    expect(replies.map(({ version }) => Number(version)).sort((a, b) => a - b)).to.deep.equal(
      Array.from({ length: 50 }, (_, i) => i + 1),
    );
  });

  it("loses nothing when two replicas change one key at once", async () => {
    const [one, other] = [await clients(), await clients()];
    await Promise.all(Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? one : other).entity.add(device)));
    expect(await one.entity.read(device)).to.include({ version: 60n });
  });

  it("runs a command again until the store shows the change that its own is in conflict with", async () => {
    const { entity } = await clients(withStaleLoads(bench.ports, 5));
    await entity.add(device);
    expect(await entity.add(device)).to.include({ version: 2n });
    expect(await entity.read(device)).to.include({ version: 2n });
  });

  it("gives up with ABORTED, and nothing changed, when the store does not show it", async function () {
    this.timeout(30_000);
    const { entity } = await clients(withStaleLoads(bench.ports, 20));
    await entity.add(device);
    const error = await entity.add(device).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(ClientError).with.property("code", Status.ABORTED);
    expect(await entity.read(device)).to.include({ version: 1n });
    expect(await entity.add(device)).to.include({ version: 2n });
  });

  it("refuses to change a second entity, and keeps nothing of the first", async () => {
    const { entity, actions } = await clients();
    const error = await actions.addBoth(device).catch((reason: unknown) => reason);
    expect(String(error)).to.contain("a unit of work changes one entity").and.to.contain("topic");
    expect(await entity.read(device)).to.include({ version: 0n });
  });

  it("runs the calls a handler makes at once one after the other", async () => {
    const { entity, actions } = await clients();
    expect(await actions.addTwiceAtOnce(device)).to.include({ version: 2n });
    expect(await entity.add(device)).to.include({ version: 3n });
  });

  it("gives the turn back after a failed unit", async () => {
    const { entity, actions } = await clients();
    await actions.addBoth(device).catch(() => undefined);
    await actions.addTwiceAtOnce({ ...device, user_id: "" }).catch(() => undefined);
    expect(await entity.add(device)).to.include({ version: 1n });
    expect(await entity.add({ ...device, device_id: "d-other" })).to.include({ version: 1n });
  });

  it("answers a read while the bus is away, whatever is still to be published", async () => {
    let isDown = true;
    const { entity } = await clients(withFailingBus(bench.ports, "tally-out", () => isDown));
    await sendHeartbeat(bench.ports.bus, "tally-in", device);
    await eventually(async () => expect(await pendingKeys(bench.ports)).to.deep.equal(["u/d"]));
    expect(await entity.read(device)).to.include({ version: 1n });
    isDown = false;
    await eventually(async () => expect(await pendingKeys(bench.ports)).to.deep.equal([]), 10_000);
  });

  it("answers reads, and makes no change, of an entity whose messages a silent bus holds up", async () => {
    let isHeld = false;
    let release = (): void => {};
    const { entity, actions } = await clients(
      withBus(bench.ports, "tally-out", () => {
        isHeld = true;
        return new Promise((resolve) => {
          release = resolve;
        });
      }),
    );
    await sendHeartbeat(bench.ports.bus, "tally-in", device);
    await eventually(async () => expect(isHeld).to.equal(true));
    const order: string[] = [];
    const change = entity.add(device).then(() => order.push("change"));
    const reads = await Promise.all([entity.read(device), entity.read(device)]);
    expect(reads.map(({ version }) => version)).to.deep.equal([1n, 1n]);
    expect(await actions.readThenAdd(device)).to.include({ version: 1n });
    order.push("reads");
    release();
    await change;
    expect(order).to.deep.equal(["reads", "change"]);
    expect(await entity.read(device)).to.include({ version: 2n });
  });

  it("reads one entity and changes another", async () => {
    const { entity, actions } = await clients();
    expect(await actions.readThenAdd(device)).to.include({ version: 1n });
    expect(await entity.read({ ...device, device_id: "d-other" })).to.include({ version: 1n });
  });

  it("goes on at a higher version after a delete", async () => {
    const { entity } = await clients();
    await entity.add(device);
    const before = await bench.ports.entities.load(await tallyType(), "u/d");
    await entity.remove(device);
    expect(await entity.read(device)).to.include({ version: 0n });
    await entity.add(device);
    const after = await bench.ports.entities.load(await tallyType(), "u/d");
    expect((after?.version ?? 0n) > (before?.version ?? 0n)).to.equal(true);
    expect(after?.state).to.include({ version: 1n });
  });

  it("publishes what it committed, with subject, key, version and a repeatable id", async () => {
    await clients();
    await sendHeartbeat(bench.ports.bus, "tally-in", { ...device, reason: "x" });
    await eventually(async () => expect(await recordsOf(bench.ports.bus, "tally-out")).to.have.length(1));
    const [record] = (await recordsOf(bench.ports.bus, "tally-out")) as [LogRecord];
    expect(record.key).to.equal("u/d");
    expect(record.headers).to.include({
      ce_subject: "u/d",
      ce_type: "presence.v1.UserPresenceState",
      ce_source: "tally.v1.TallyEvents",
    });
    expect(record.headers.ce_id).to.equal(`tally/u/d/${record.headers.ce_sequence?.replace(".", "/")}`);
    expect(stateOf(record)).to.include({ version: 1n });
  });

  it("sends committed messages later, in order, when the bus was away", async () => {
    let isDown = true;
    await clients(withFailingBus(bench.ports, "tally-out", () => isDown));
    await sendHeartbeat(bench.ports.bus, "tally-in", { ...device, reason: "1" });
    await eventually(() =>
      expect(bench.log.lines.some(({ text }) => text.includes("not published yet"))).to.equal(true),
    );
    expect(await recordsOf(bench.ports.bus, "tally-out")).to.deep.equal([]);
    isDown = false;
    await sendHeartbeat(bench.ports.bus, "tally-in", { ...device, reason: "2" });
    await eventually(async () => expect(await recordsOf(bench.ports.bus, "tally-out")).to.have.length(2));
    const versions = (await recordsOf(bench.ports.bus, "tally-out")).map((record) => stateOf(record).version);
    expect(versions).to.deep.equal([1n, 2n]);
    await eventually(async () => expect(await pendingKeys(bench.ports)).to.deep.equal([]));
  });

  it("sends what a crash left unpublished when the service starts again", async () => {
    const { application } = await tallyApplication();
    const crashed = await bench.serve(
      application,
      {},
      withFailingBus(bench.ports, "tally-out", () => true),
    );
    await sendHeartbeat(bench.ports.bus, "tally-in", device);
    await eventually(async () => expect(await pendingKeys(bench.ports)).to.deep.equal(["u/d"]));
    await crashed.close();
    await clients();
    await eventually(async () => expect(await recordsOf(bench.ports.bus, "tally-out")).to.have.length(1));
    await eventually(async () => expect(await pendingKeys(bench.ports)).to.deep.equal([]));
  });

  it("applies a record once, however often it is delivered", async () => {
    let forgetsCommits = true;
    const { application } = await tallyApplication();
    const stumbling: Ports = {
      ...bench.ports,
      bus: {
        ...bench.ports.bus,
        subscribe: (subscription) =>
          bench.ports.bus.subscribe({
            ...subscription,
            onBatch: async (batch) => {
              await subscription.onBatch(batch);
              if (forgetsCommits) throw new Error("died before the offset was committed");
            },
          }),
      },
    };
    const first = await bench.serve(application, {}, stumbling);
    await sendHeartbeat(bench.ports.bus, "tally-in", device);
    await eventually(async () => expect(await recordsOf(bench.ports.bus, "tally-out")).to.have.length(1));
    await first.close();
    forgetsCommits = false;
    const { entity } = await clients();
    await eventually(() => expect(seen.taken).to.have.length(1));
    await sendHeartbeat(bench.ports.bus, "tally-in", { ...device, reason: "second" });
    await eventually(async () => expect(await entity.read(device)).to.include({ version: 2n, reason: "second" }));
  });
});

const pendingKeys = async (ports: Ports): Promise<string[]> => {
  const keys: string[] = [];
  for await (const { key } of ports.entities.pending(await tallyType())) keys.push(key);
  return keys;
};
