import { expect } from "chai";
import { createKafkaBus } from "../../runtime/adapters/kafka/bus.ts";
import type { EventBus, LogRecord } from "../../runtime/ports.ts";
import { eventually } from "../support/eventually.ts";
import { useKafka } from "../support/kafka.ts";
import { createLedger, readAll } from "../support/kafka-ledger.ts";
import { recordingLog } from "../support/recording-log.ts";

/** The offsets of each partition as they came. */
const offsetsOf = (records: readonly LogRecord[]): ReadonlyMap<number, readonly bigint[]> => {
  const offsets = new Map<number, bigint[]>();
  for (const { partition, offset } of records) offsets.set(partition, [...(offsets.get(partition) ?? []), offset]);
  return offsets;
};

describe("a broker that is killed and started again", () => {
  const kafka = useKafka();
  let bus: EventBus;

  before(async () => {
    bus = await createKafkaBus({ brokers: kafka().addresses, clientId: "restart", log: recordingLog() });
    await bus.ensureTopics([{ name: "restart", policy: "compact", partitions: 4 }]);
  });
  after(() => bus.close());

  it("has lost nothing it acknowledged; publisher, consumer and follower go on by themselves", async () => {
    const errors: unknown[] = [];
    const onError = (error: unknown) => errors.push(error);
    const followed: LogRecord[] = [];
    const consumed: LogRecord[] = [];
    const follower = await bus.follow({ topic: "restart", onRecord: (record) => followed.push(record), onError });
    const onBatch = async (batch: readonly LogRecord[]): Promise<void> => {
      consumed.push(...batch);
    };
    const reader = await bus.subscribe({ group: "restart", topics: ["restart"], onBatch, onError });
    const ledger = createLedger("restart", 20);
    const publishing = ledger.run(bus);
    for (let round = 1; round <= 2; round++) {
      await eventually(() => expect(ledger.acknowledged.size).to.be.greaterThan(round * 1000), 30_000);
      await kafka().brokers[0]?.kill();
      await kafka().brokers[0]?.restart();
      const acknowledged = ledger.acknowledged.size;
      await eventually(() => expect(ledger.acknowledged.size).to.be.greaterThan(acknowledged + 100), 30_000);
    }
    await publishing.stop();
    expect(ledger.rejected.length).to.be.greaterThan(0);

    const all = await readAll(bus, "restart");
    ledger.check(all);
    await eventually(() => expect(followed.length).to.be.at.least(all.length), 30_000);
    // Nothing twice, nothing skipped, nothing out of order.
    for (const [partition, offsets] of offsetsOf(followed)) {
      expect(offsets, `partition ${partition}`).to.deep.equal(offsets.map((_, i) => BigInt(i)));
    }
    const missing = (): number => {
      const seen = new Set(consumed.map(({ partition, offset }) => `${partition}/${offset}`));
      return all.filter(({ partition, offset }) => !seen.has(`${partition}/${offset}`)).length;
    };
    await eventually(() => expect(missing()).to.equal(0), 30_000);
    expect(errors).to.deep.equal([]);
    await Promise.all([reader.close(), follower.close()]);
  }).timeout(120_000);
});
