import { expect } from "chai";
import { Kafka, logLevel } from "kafkajs";
import { type Client, createClient } from "nice-grpc";
import { createKafkaBus } from "../../runtime/adapters/kafka/bus.ts";
import { openSqlitePorts } from "../../runtime/adapters/sqlite/ports.ts";
import type { EventBus, Ports } from "../../runtime/ports.ts";
import { processTimers, type Timers } from "../../runtime/timers.ts";
import { replicatedApplication } from "../replicated/entities.ts";
import { type Generated, generateReplicated } from "../replicated/generated.ts";
import { connectTo } from "../support/channel.ts";
import { eventually } from "../support/eventually.ts";
import { useKafka } from "../support/kafka.ts";
import { recordingLog } from "../support/recording-log.ts";
import { openTestBench, type TestBench } from "../support/served.ts";
import { recordsOf } from "../support/topics.ts";

const logTopic = "_rollcall.replicated.likes";

type Likes = Client<Generated["LikesDefinition"]>;

let generated: Generated;
before(async () => {
  generated = await generateReplicated();
});

const likesOn = async (bench: TestBench): Promise<Likes> => {
  const whole = replicatedApplication(generated);
  const components = whole.components.filter(({ definition: { name } }) => name === "Likes");
  const { port } = await bench.serve({ ...whole, components });
  return createClient(generated.LikesDefinition, await connectTo(`127.0.0.1:${port}`));
};

/** Two replicas count and delete by turns; then the log is compacted, and one that begins there goes on. */
const countThroughCompaction = async (bench: TestBench, compacted: () => Promise<void>): Promise<void> => {
  const [one, other] = [await likesOn(bench), await likesOn(bench)];
  const valueAt = async (likes: Likes, id: string): Promise<bigint> => (await likes.get({ id })).value;
  for (let n = 1n; n <= 6n; n++) {
    const [writer, reader] = n % 2n === 0n ? [one, other] : [other, one];
    await writer.like({ id: "counted", by: 1n });
    await eventually(async () => expect(await valueAt(reader, "counted")).to.equal(n));
  }
  await one.like({ id: "deleted", by: 5n });
  await one.remove({ id: "deleted" });
  await one.like({ id: "anew", by: 5n });
  await one.remove({ id: "anew" });
  await one.like({ id: "anew", by: 2n });
  await compacted();
  const late = await likesOn(bench);
  expect(await valueAt(late, "counted")).to.equal(6n);
  expect(await valueAt(late, "deleted")).to.equal(0n);
  expect(await valueAt(late, "anew")).to.equal(2n);
  await late.like({ id: "counted", by: 10n });
  await late.like({ id: "deleted", by: 10n });
  await late.remove({ id: "anew" });
  for (const likes of [one, other, late]) {
    await eventually(async () => {
      expect(await valueAt(likes, "counted")).to.equal(16n);
      expect(await valueAt(likes, "deleted")).to.equal(10n);
      expect(await valueAt(likes, "anew")).to.equal(0n);
    });
  }
};

const countOf = async (bus: EventBus, key: string): Promise<number> =>
  (await recordsOf(bus, logTopic)).filter((record) => record.key === key).length;

describe("replicated entities over a log that is compacted", () => {
  it("go on where it begins, embedded", async () => {
    let later = 0;
    const compactions = new Set<() => void>();
    const timers: Timers = {
      ...processTimers,
      after(_, run) {
        compactions.add(run);
        return () => compactions.delete(run);
      },
    };
    const ports = openSqlitePorts({ folder: ":memory:", now: () => Date.now() + later, timers });
    const bench = openTestBench(ports);
    try {
      await countThroughCompaction(bench, async () => {
        later = 11 * 60_000;
        for (const run of [...compactions]) run();
        await eventually(async () => expect(await countOf(ports.bus, "counted")).to.equal(1));
      });
    } finally {
      await bench.close();
    }
  });

  describe("on Kafka", () => {
    const kafka = useKafka(async () => ({ settings: { "log.cleaner.backoff.ms": "50" } }));

    it("go on where it begins", async function () {
      this.timeout(120_000);
      const admin = new Kafka({ brokers: [...kafka().addresses], logLevel: logLevel.NOTHING }).admin();
      await admin.connect();
      const settings = {
        "cleanup.policy": "compact",
        "message.timestamp.type": "LogAppendTime",
        "segment.ms": "100",
        "min.cleanable.dirty.ratio": "0.001",
        "min.compaction.lag.ms": "0",
      };
      const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
      await admin.createTopics({
        topics: [{ topic: logTopic, numPartitions: 1, replicationFactor: 1, configEntries }],
      });
      await admin.disconnect();
      const bus = await createKafkaBus({ brokers: kafka().addresses, clientId: "compacted", log: recordingLog() });
      const embedded = openSqlitePorts({ folder: ":memory:" });
      const ports: Ports = { ...embedded, bus, close: () => bus.close().finally(embedded.close) };
      const bench = openTestBench(ports);
      try {
        await countThroughCompaction(bench, async () => {
          const likes = await likesOn(bench);
          // Each record may close the segment before it, which is what can be compacted.
          await eventually(async () => {
            await likes.like({ id: "other", by: 1n });
            expect(await countOf(bus, "counted")).to.equal(1);
          }, 60_000);
        });
      } finally {
        await bench.close();
      }
    });
  });
});
