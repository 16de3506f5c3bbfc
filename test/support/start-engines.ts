import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installKafka } from "../../engines/kafka/install.ts";
import { startKafka } from "../../engines/kafka/start.ts";
import { installMongod } from "../../engines/mongodb/install.ts";
import { startMongod } from "../../engines/mongodb/start.ts";

/** Addresses of engines that several suites use, each with names of its own. */
export type SharedEngines = { readonly brokers: readonly string[]; readonly mongodb: string };

export type StartedEngines = SharedEngines & { close(): Promise<void> };

/** One Kafka and one mongod, which end with this process at the latest; their data goes with `close`. */
export const startEngines = async (): Promise<StartedEngines> => {
  const folder = await mkdtemp(join(tmpdir(), "rollcall-shared-"));
  const [kafka, mongod] = await Promise.all([
    installKafka().then((home) => startKafka({ home, dataDir: join(folder, "kafka"), port: 0, isBrief: true })),
    installMongod().then((binary) => startMongod({ binary, dataDir: join(folder, "mongod") })),
  ]);
  return {
    brokers: kafka.addresses,
    mongodb: mongod.url,
    async close() {
      await Promise.all([kafka.close(), mongod.close()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
};
