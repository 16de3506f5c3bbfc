import { randomUUID } from "node:crypto";
import { expect } from "chai";
import { Kafka, logLevel } from "kafkajs";
import { createKafkaBus } from "../../runtime/adapters/kafka/bus.ts";
import type { EventBus, LogRecord } from "../../runtime/ports.ts";
import { eventually } from "../support/eventually.ts";
import { useKafka } from "../support/kafka.ts";
import { readAll } from "../support/kafka-ledger.ts";
import { recordingLog } from "../support/recording-log.ts";

describe("a topic that was compacted", () => {
  const kafka = useKafka(async () => ({ settings: { "log.cleaner.backoff.ms": "50" } }));
  const topic = `compacted-${randomUUID()}`;
  let bus: EventBus;

  const open = (): Promise<EventBus> =>
    createKafkaBus({ brokers: kafka().addresses, clientId: "compacted", log: recordingLog() });

  const publish = async (value: string | null, key = "k"): Promise<void> => {
    // A bus of its own is a producer id of its own: its last batch stays as a shell when its records go.
    const other = await open();
    await other.publish([{ topic, key, value: value === null ? null : Buffer.from(value), headers: {} }]);
    await other.close();
  };

  before(async function () {
    this.timeout(60_000);
    bus = await open();
    const admin = new Kafka({ brokers: [...kafka().addresses], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    const settings = {
      "cleanup.policy": "compact",
      "segment.ms": "100",
      "min.cleanable.dirty.ratio": "0.001",
      "min.compaction.lag.ms": "0",
      "delete.retention.ms": "0",
    };
    const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
    await admin.createTopics({ topics: [{ topic, numPartitions: 1, replicationFactor: 1, configEntries }] });
    await admin.disconnect();
  });
  after(() => bus.close());

  it("is read to its end over the gaps, by followers and by consumers", async () => {
    for (let i = 0; i < 8; i++) await publish(String(i));
    await publish(null, "gone");
    // Each record may close the segment before it, which is what can be compacted.
    let last = 8;
    await eventually(async () => {
      await publish(String(last++));
      const left = await readAll(bus, topic);
      expect(left.some(({ offset }) => offset < 9n)).to.equal(false);
    }, 40_000);

    const left = await readAll(bus, topic);
    const end = (await bus.endOffsets(topic)).get(0) ?? 0n;
    expect(left.at(-1)?.offset).to.equal(end - 1n);
    expect(left.length).to.be.lessThan(last);
    const consumed: LogRecord[] = [];
    const reader = await bus.subscribe({
      group: randomUUID(),
      topics: [topic],
      onBatch: async (batch) => {
        consumed.push(...batch);
      },
      onError: (error) => {
        throw error;
      },
    });
    await eventually(() => expect(consumed.at(-1)?.offset).to.equal(end - 1n));
    await reader.close();
  }).timeout(60_000);
});
