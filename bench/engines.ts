import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installKafka } from "../engines/kafka/install.ts";
import { startKafka } from "../engines/kafka/start.ts";
import { installMongod } from "../engines/mongodb/install.ts";
import { startMongod } from "../engines/mongodb/start.ts";

/** One broker and one mongod. */
export type Engines = {
  readonly kafka: string;
  readonly mongodb: string;
  /** CPU seconds of the engines so far. */
  cost(): Promise<EngineCost>;
  close(): Promise<void>;
};

export type EngineCost = { readonly kafka: number; readonly mongod: number };

const ticksPerSecond = 100;

/** What the kernel says that a process has used, in seconds; on systems without /proc nobody says. */
const cpuOf = async (pid: number): Promise<number> => {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  if (stat === undefined) return Number.NaN;
  // The name, in parentheses, may hold blanks; user and system time are the 12th and 13th field after it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
};

/** Starts both in a folder of their own, which is removed when they are closed. */
export const startEngines = async (): Promise<Engines> => {
  const folder = join(tmpdir(), `rollcall-bench-${process.pid}`);
  const [home, binary] = await Promise.all([installKafka(), installMongod()]);
  const kafka = await startKafka({ home, dataDir: join(folder, "kafka"), port: 0 });
  const mongod = await startMongod({ binary, dataDir: join(folder, "mongod") }).catch(async (error: unknown) => {
    await kafka.close();
    throw error;
  });
  return {
    kafka: kafka.addresses.join(","),
    mongodb: mongod.url,
    cost: async () => ({
      kafka: await cpuOf(kafka.brokers[0]?.pid ?? 0),
      mongod: await cpuOf(mongod.members[0]?.pid ?? 0),
    }),
    async close() {
      await Promise.all([kafka.close(), mongod.close()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
};
