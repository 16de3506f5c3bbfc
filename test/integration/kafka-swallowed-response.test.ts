import { expect } from "chai";
import { createKafkaBus } from "../../runtime/adapters/kafka/bus.ts";
import { MeshError } from "../../runtime/errors.ts";
import type { EventBus } from "../../runtime/ports.ts";
import { eventually } from "../support/eventually.ts";
import { useKafka } from "../support/kafka.ts";
import { createLedger, readAll } from "../support/kafka-ledger.ts";
import { type KafkaProxy, startKafkaProxy } from "../support/kafka-proxy.ts";
import { recordingLog } from "../support/recording-log.ts";

const record = (topic: string, value: string) => ({ topic, key: "k", value: Buffer.from(value), headers: {} });

describe("a produce response that never arrives", () => {
  let proxy: KafkaProxy;
  let proxied: EventBus;
  let direct: EventBus;
  const kafka = useKafka(async () => {
    proxy = await startKafkaProxy();
    return { advertisedPort: proxy.port };
  });

  before(async () => {
    proxy.forwardTo(kafka().brokers[0]?.proxiedPort ?? 0);
    const options = { requestTimeoutMs: 500, log: recordingLog() };
    proxied = await createKafkaBus({ ...options, brokers: [`127.0.0.1:${proxy.port}`], clientId: "proxied" });
    direct = await createKafkaBus({ ...options, brokers: kafka().addresses, clientId: "direct" });
  });
  after(async () => {
    await Promise.all([proxied.close(), direct.close()]);
    await proxy.close();
  });

  it("leaves the outcome unknown, and the next batch is written", async () => {
    await direct.ensureTopics([{ name: "one", policy: "compact", partitions: 1 }]);
    await proxied.publish([record("one", "1")]);
    proxy.swallowProduceResponses(1);
    const error = await proxied.publish([record("one", "2")]).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(MeshError).with.property("code", "OUTCOME_UNKNOWN");
    await proxied.publish([record("one", "3")]);
    const values = (await readAll(direct, "one")).map(({ value }) => String(value));
    expect(values).to.deep.equal(["1", "2", "3"]);
  });

  it("costs nothing that was acknowledged, and no key its order, however often", async () => {
    await direct.ensureTopics([{ name: "many", policy: "compact", partitions: 4 }]);
    const ledger = createLedger("many", 20);
    const publishing = ledger.run(proxied);
    for (let round = 1; round <= 8; round++) {
      const swallowed = proxy.swallowed;
      const acknowledged = ledger.acknowledged.size;
      proxy.swallowProduceResponses(1);
      await eventually(() => expect(proxy.swallowed).to.equal(swallowed + 1));
      await eventually(() => expect(ledger.acknowledged.size).to.be.greaterThan(acknowledged + 100), 10_000);
    }
    await publishing.stop();
    expect(ledger.rejected.length).to.be.greaterThan(0);
    ledger.check(await readAll(direct, "many"));
  });
});
