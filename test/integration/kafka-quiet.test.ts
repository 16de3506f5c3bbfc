import { randomUUID } from "node:crypto";
import { expect } from "chai";
import { createKafkaBus } from "../../runtime/adapters/kafka/bus.ts";
import type { LogRecord } from "../../runtime/ports.ts";
import { eventually } from "../support/eventually.ts";
import { useKafka } from "../support/kafka.ts";
import { recordingLog } from "../support/recording-log.ts";

describe("the Kafka bus", function () {
  this.timeout(60_000);
  const kafka = useKafka();

  it("logs no warning when it begins with topics and groups that there were not", async () => {
    const log = recordingLog();
    const id = randomUUID().slice(0, 8);
    const bus = await createKafkaBus({ brokers: kafka().addresses, clientId: "quiet", log });
    try {
      const topics = [`${id}.a`, `${id}.b`];
      await bus.ensureTopics(topics.map((name) => ({ name, policy: "compact" })));
      const onError = (error: unknown): void => {
        throw error;
      };
      const records: LogRecord[] = [];
      const onBatch = async (batch: readonly LogRecord[]): Promise<void> => void records.push(...batch);
      await Promise.all(topics.map((topic) => bus.follow({ topic, onRecord: (each) => records.push(each), onError })));
      await bus.subscribe({ group: id, topics, onBatch, onError });
      await bus.publish(topics.map((topic) => ({ topic, key: "k", value: Buffer.from("v"), headers: {} })));
      await eventually(() => expect(records).to.have.length(4), 20_000);
    } finally {
      await bus.close();
    }
    expect(log.lines.filter(({ level }) => level === "warn" || level === "error")).to.deep.equal([]);
  });
});
