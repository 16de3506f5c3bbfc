import { expect } from "chai";
import { UserPresenceState } from "../../gen/presence/v1/presence.ts";
import { decodeMessage } from "../../runtime/codec.ts";
import { readEnvelope, sequenceOf, versionOf } from "../../runtime/eventing/envelope.ts";
import { startTopicRepair } from "../../runtime/eventing/topic-repair.ts";
import type { LogRecord, OutgoingRecord } from "../../runtime/ports.ts";
import { stateService } from "../../state-svc/service.ts";
import { descriptors } from "../support/descriptors.ts";
import { eventually } from "../support/eventually.ts";
import { hurriedTimers } from "../support/hurried-timers.ts";
import { openTestBench, type TestBench } from "../support/served.ts";
import { recordsOf, sendHeartbeat } from "../support/topics.ts";
import { describeOnBothWays } from "../support/ways-of-running.ts";

const versionIn = (record: LogRecord | undefined): bigint | undefined =>
  record && versionOf(readEnvelope(record).sequence);

describeOnBothWays("a compacted topic of stored entities", (openPorts) => {
  let bench: TestBench;
  const device = { user_id: "u", device_id: "d" };
  /** A record on its way gets some tenths of a second in place of one to three seconds. */
  const timers = hurriedTimers(5);
  const users = (): Promise<LogRecord[]> => recordsOf(bench.ports.bus, "users");
  const again = ({ topic, key, value, headers }: LogRecord): Promise<void> =>
    bench.ports.bus.publish([{ topic, key, partitionKey: "u", value, headers }]);
  /** What `users` says after two changes, the first of them made while the clock said so. */
  const twoChanges = async (firstNow: () => number): Promise<[LogRecord, LogRecord]> => {
    const first = await bench.serve(stateService(descriptors), { now: firstNow });
    await sendHeartbeat(bench.ports.bus, "heartbeats", { ...device, is_online: true, version: 1n });
    await eventually(async () => expect(await users()).to.have.length(1), 15_000);
    await first.close();
    await bench.serve(stateService(descriptors), { timers });
    await bench.serve(stateService(descriptors), { timers });
    await sendHeartbeat(bench.ports.bus, "heartbeats", { ...device, is_online: false, version: 2n });
    await eventually(async () => expect(await users()).to.have.length(2), 15_000);
    return (await users()) as [LogRecord, LogRecord];
  };

  beforeEach(async () => {
    bench = openTestBench(await openPorts());
  });
  afterEach(() => bench.close());

  for (const [what, firstNow] of [
    ["from a moment ago", () => Date.now()],
    ["from an hour ago", () => Date.now() - 3_600_000],
  ] as const) {
    it(`ends with the stored state again after an older record ${what} came behind it`, async function () {
      this.timeout(60_000);
      const [older, winner] = await twoChanges(firstNow);
      await again(older);
      await eventually(async () => expect(versionIn((await users()).at(-1))).to.equal(versionIn(winner)), 20_000);
      const all = await users();
      const { value, key, headers } = all.at(-1) as LogRecord;
      expect({ value: value && Buffer.from(value), key }).to.deep.equal({
        value: winner.value && Buffer.from(winner.value),
        key: winner.key,
      });
      expect(headers).to.include({
        ce_id: winner.headers.ce_id,
        ce_sequence: winner.headers.ce_sequence,
        ce_type: winner.headers.ce_type,
        ce_source: winner.headers.ce_source,
      });
      expect(decodeMessage(UserPresenceState, value ?? new Uint8Array())).to.include({ is_online: false });
      // Two replicas saw it, and each might write once before it has read the other's record.
      expect(all.length).to.be.within(4, 5);
    });
  }

  it("is looked after although more is suspect at once than is remembered", async function () {
    this.timeout(60_000);
    const { bus } = bench.ports;
    const topic = "states";
    const keys = Array.from({ length: 20 }, (_, i) => `k${i}`);
    const record = (key: string, version: bigint): OutgoingRecord => {
      return { topic, key, value: Buffer.from(String(version)), headers: { ce_sequence: sequenceOf(version, 0) } };
    };
    await bus.ensureTopics([{ name: topic, policy: "compact" }]);
    await bus.publish(keys.flatMap((key) => [record(key, 7n), record(key, 5n)]));
    const repair = startTopicRepair({
      timers,
      topic,
      bus,
      missing: async (_, last) => (last < 7n ? 7n : undefined),
      restate: (key, version) => bus.publish([record(key, version)]),
      log: bench.log,
      waitMs: 50,
      maxSuspects: 6,
      maxKeys: 3,
    });
    try {
      await eventually(async () => {
        const last = new Map((await recordsOf(bus, topic)).map((each) => [each.key, versionIn(each)]));
        expect([...last.values()]).to.deep.equal(keys.map(() => 7n));
      }, 45_000);
    } finally {
      await repair.close();
    }
  });
});
