import { expect } from "chai";
import { createKafkaBus } from "../../runtime/adapters/kafka/bus.ts";
import { createClient } from "../../runtime/adapters/kafka/client.ts";
import { openLogReader } from "../../runtime/adapters/kafka/log-reader.ts";
import type { EventBus, LogRecord } from "../../runtime/ports.ts";
import { eventually } from "../support/eventually.ts";
import { useKafka } from "../support/kafka.ts";
import { createLedger, readAll } from "../support/kafka-ledger.ts";
import { recordingLog } from "../support/recording-log.ts";

const idOf = ({ partition, offset }: LogRecord): string => `${partition}/${offset}`;

describe("three brokers, of which each is killed in turn", () => {
  const kafka = useKafka(async () => ({ brokers: 3 }));
  const log = recordingLog();
  let bus: EventBus;

  before(async () => {
    bus = await createKafkaBus({ brokers: kafka().addresses, clientId: "failover", replication: 3, log });
    await bus.ensureTopics([{ name: "failover", policy: "compact" }]);
  });
  after(() => bus.close());

  it("lose nothing that was acknowledged, and readers miss nothing", async () => {
    const errors: unknown[] = [];
    const onError = (error: unknown) => errors.push(error);
    const followed: LogRecord[] = [];
    const consumed: LogRecord[] = [];
    const follower = await bus.follow({ topic: "failover", onRecord: (record) => followed.push(record), onError });
    const onBatch = async (batch: readonly LogRecord[]): Promise<void> => {
      consumed.push(...batch);
    };
    const reader = await bus.subscribe({ group: "failover", topics: ["failover"], onBatch, onError });
    const ledger = createLedger("failover", 20);
    const publishing = ledger.run(bus);
    for (const broker of kafka().brokers) {
      const before = ledger.acknowledged.size;
      await eventually(() => expect(ledger.acknowledged.size).to.be.greaterThan(before + 300), 30_000);
      await broker.kill();
      const during = ledger.acknowledged.size;
      await eventually(() => expect(ledger.acknowledged.size).to.be.greaterThan(during + 300), 30_000);
      await broker.restart();
    }
    await publishing.stop();

    const all = await readAll(bus, "failover");
    ledger.check(all);
    for (const records of [followed, consumed]) {
      const missing = (): number => {
        const seen = new Set(records.map(idOf));
        return all.filter((record) => !seen.has(idOf(record))).length;
      };
      await eventually(() => expect(missing()).to.equal(0), 30_000);
    }
    expect(errors).to.deep.equal([]);
    await Promise.all([reader.close(), follower.close()]);
  }).timeout(180_000);

  it("say so when they do not lead a partition, so that a reader leaves a broker that hands its own over", async () => {
    const client = createClient({ brokers: kafka().addresses, clientId: "reader", requestTimeoutMs: 5000, log });
    const reader = await openLogReader(client, "failover");
    try {
      for (const [leader, partitions] of reader.leaders) {
        const positions = partitions.map((partition) => ({ partition, offset: 0n }));
        expect(await reader.fetch(leader, positions)).to.have.length(partitions.length);
        for (const { id } of kafka().brokers.filter((broker) => broker.id !== leader)) {
          const refused = await reader.fetch(id, positions).catch((error: unknown) => error);
          expect(String(refused)).to.contain("not the leader");
        }
      }
    } finally {
      await reader.close();
    }
  });

  it("are told of a topic with fewer replicas than expected", async () => {
    const single = await createKafkaBus({ brokers: kafka().addresses, clientId: "single", replication: 1, log });
    await single.ensureTopics([{ name: "single", policy: "compact" }]);
    await single.close();
    await bus.ensureTopics([{ name: "single", policy: "compact" }]);
    expect(log.lines.some(({ text }) => text.includes("fewer than 3 replicas"))).to.equal(true);
  });
});
