import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installKafka } from "../../engines/kafka/install.ts";
import { type KafkaOptions, type RunningKafka, startKafka } from "../../engines/kafka/start.ts";

/** Real Kafka for the suite it is called in. */
export const useKafka = (settle: () => Promise<Partial<KafkaOptions>> = async () => ({})): (() => RunningKafka) => {
  let folder = "";
  let kafka: RunningKafka | undefined;
  before(async function () {
    // The first run downloads the jars.
    this.timeout(180_000);
    folder = await mkdtemp(join(tmpdir(), "rollcall-kafka-"));
    kafka = await startKafka({
      home: await installKafka(),
      dataDir: folder,
      port: 0,
      isBrief: true,
      ...(await settle()),
    });
  });
  after(async function () {
    this.timeout(30_000);
    await kafka?.close();
    await rm(folder, { recursive: true, force: true });
  });
  return () => {
    if (kafka === undefined) throw new Error("Kafka is there only inside tests");
    return kafka;
  };
};
