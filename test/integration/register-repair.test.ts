import { expect } from "chai";
import { type Client, createClient } from "nice-grpc";
import { PresenceHeartbeatEventServiceDefinition } from "../../gen/presence/heartbeat/v1/heartbeat_api.ts";
import { Heartbeat } from "../../gen/presence/v1/presence.ts";
import { heartbeatService } from "../../heartbeat-svc/service.ts";
import { decodeMessage } from "../../runtime/codec.ts";
import { readEnvelope, versionOf } from "../../runtime/eventing/envelope.ts";
import type { LogRecord } from "../../runtime/ports.ts";
import { connectTo } from "../support/channel.ts";
import { descriptors } from "../support/descriptors.ts";
import { eventually } from "../support/eventually.ts";
import { type Gate, gateBus } from "../support/gated-bus.ts";
import { openTestBench, type ServeSettings, type TestBench } from "../support/served.ts";
import { recordsOf } from "../support/topics.ts";
import { describeOnBothWays } from "../support/ways-of-running.ts";

type Beats = Client<PresenceHeartbeatEventServiceDefinition>;

const replicaOn = async (bench: TestBench, settings: ServeSettings = {}): Promise<{ gate: Gate; beats: Beats }> => {
  const gate = gateBus(bench.ports.bus);
  const { port } = await bench.serve(heartbeatService(descriptors), settings, { ...bench.ports, bus: gate.bus });
  const channel = await connectTo(`127.0.0.1:${port}`);
  return { gate, beats: createClient(PresenceHeartbeatEventServiceDefinition, channel) };
};

const heartbeatOf = ({ value }: LogRecord): Heartbeat => decodeMessage(Heartbeat, value ?? new Uint8Array());
const versionIn = (record: LogRecord | undefined): bigint | undefined =>
  record && versionOf(readEnvelope(record).sequence);

/** What a replica says of the device that finds nothing but this record: the log as compaction leaves it. */
const afterCompactionTo = async ({ topic, key, value, headers }: LogRecord, says: object): Promise<Heartbeat> => {
  const bench = openTestBench();
  try {
    await bench.ports.bus.ensureTopics([{ name: topic, policy: "compact" }]);
    await bench.ports.bus.publish([{ topic, key, partitionKey: "u", value, headers }]);
    const { beats } = await replicaOn(bench);
    return await beats.heartbeatEvent(says);
  } finally {
    await bench.close();
  }
};

/** Each heartbeat extends the lease; all else of a repeated one is as it was. */
const withoutLease = ({ lease_until, ...rest }: Heartbeat): Omit<Heartbeat, "lease_until"> => {
  expect(lease_until).to.not.equal(undefined);
  return rest;
};

describeOnBothWays("the register's log", (openPorts) => {
  let bench: TestBench;
  const device = { user_id: "u", device_id: "d" };
  const online = { ...device, is_online: true };
  const log = (): Promise<LogRecord[]> => recordsOf(bench.ports.bus, "heartbeats");

  beforeEach(async () => {
    bench = openTestBench(await openPorts());
  });
  afterEach(() => bench.close());

  it("ends with what stands again after an older record came behind it", async function () {
    this.timeout(60_000);
    const { beats } = await replicaOn(bench);
    await replicaOn(bench);
    await replicaOn(bench);
    await beats.heartbeatEvent(online);
    const stands = await beats.heartbeatEvent({ ...online, profile: { attr1: "new" } });
    const [first] = await log();
    if (first === undefined) throw new Error("the log is empty");
    const { topic, key, value, headers } = first;
    await bench.ports.bus.publish([{ topic, key, partitionKey: "u", value, headers }]);
    await eventually(async () => expect(versionIn((await log()).at(-1))).to.equal(stands.version), 20_000);
    const all = await log();
    expect(heartbeatOf(all.at(-1) as LogRecord)).to.deep.equal(stands);
    // Three replicas saw it, and each might write once before it has read another's record.
    expect(all.length).to.be.within(4, 6);
    const compacted = await afterCompactionTo(all.at(-1) as LogRecord, { ...online, version: stands.version });
    expect(withoutLease(compacted)).to.deep.equal({ ...withoutLease(stands), is_modified: false });
    const again = await beats.heartbeatEvent(online);
    expect(withoutLease(again)).to.deep.equal({ ...withoutLease(stands), is_modified: false });
  });

  it("ends with what stands after a record that hid it, whose author is gone", async function () {
    this.timeout(60_000);
    const one = await replicaOn(bench);
    const other = await replicaOn(bench, { now: () => Date.now() + 2000 });
    const { version: old } = await one.beats.heartbeatEvent({ ...online, profile: { attr1: "old" } });
    await other.beats.heartbeatEvent({ ...online, version: old });
    const release = other.gate.holdPublish();
    const leave = other.beats.heartbeatEvent({ ...device, is_online: false }).catch(() => undefined);
    await one.beats.heartbeatEvent({ ...online, profile: { attr1: "new" } });
    other.gate.failNext("after");
    other.gate.holdFollow();
    release();
    await leave;
    await eventually(async () => expect((await log()).length).to.be.at.least(4), 20_000);
    const last = (await log()).at(-1) as LogRecord;
    const heartbeat = heartbeatOf(last);
    expect(heartbeat).to.include({ is_online: true, version: versionIn(last) });
    expect(heartbeat.profile).to.include({ attr1: "new" });
    for (const earlier of (await log()).slice(0, -1)) {
      expect((versionIn(earlier) ?? 0n) < heartbeat.version).to.equal(true);
    }
    const compacted = await afterCompactionTo(last, online);
    expect(withoutLease(compacted)).to.deep.equal({ ...withoutLease(heartbeat), is_modified: false });
  });
});
