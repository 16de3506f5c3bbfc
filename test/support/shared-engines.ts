import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installKafka } from "../../engines/kafka/install.ts";
import { startKafka } from "../../engines/kafka/start.ts";
import { installMongod } from "../../engines/mongodb/install.ts";
import { startMongod } from "../../engines/mongodb/start.ts";

/** Addresses of engines that several suites use, each with names of its own. */
export type SharedEngines = { readonly brokers: readonly string[]; readonly mongodb: string };

type Started = SharedEngines & { close(): Promise<void> };

let started: Promise<Started> | undefined;

const start = async (): Promise<Started> => {
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

/**
 * One Kafka and one mongod for all suites of the process that only need some: they start with the first of them, and
 * end with the run. A suite that stops or configures an engine starts its own.
 */
export const useSharedEngines = (): (() => SharedEngines) => {
  let engines: SharedEngines | undefined;
  before(async function () {
    // The first run downloads them.
    this.timeout(180_000);
    started ??= start();
    engines = await started;
  });
  return () => {
    if (engines === undefined) throw new Error("the engines are there only inside tests");
    return engines;
  };
};

// Registered where the file is first loaded, which is outside of every suite.
after(async function () {
  this.timeout(30_000);
  await (await started)?.close();
});
