import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installMongod } from "../../engines/mongodb/install.ts";
import { type MongodOptions, type RunningMongod, startMongod } from "../../engines/mongodb/start.ts";
import { connectMongo, type Mongo } from "../../runtime/adapters/mongodb/client.ts";
import { recordingLog } from "./recording-log.ts";

/** A real mongod for the tests of one file or block; it and its data are gone when they are. */
export type TestMongod = {
  readonly url: () => string;
  readonly running: () => RunningMongod;
  /** See `connectAlone`. */
  readonly connect: () => Promise<Mongo>;
  /** Starts it again, on the same data and port, after it was killed. */
  readonly restart: () => Promise<void>;
};

/** A connection to a database of its own, which is dropped with it. */
export const connectAlone = async (url: string): Promise<Mongo> => {
  const mongo = await connectMongo({ url, database: `test_${randomUUID().slice(0, 8)}`, log: recordingLog() });
  return {
    ...mongo,
    async close() {
      await mongo.db.dropDatabase();
      await mongo.close();
    },
  };
};

/** Registers the start and the end of a mongod with the suite that is being described. */
export const useMongod = (options: Pick<MongodOptions, "members" | "parameters"> = {}): TestMongod => {
  let dataDir = "";
  let binary = "";
  let mongod: RunningMongod | undefined;

  const running = (): RunningMongod => {
    if (mongod === undefined) throw new Error("mongod runs only while the tests do");
    return mongod;
  };
  const start = async (): Promise<void> => {
    mongod = await startMongod({ ...options, binary, dataDir });
  };

  before(async function () {
    this.timeout(180_000);
    binary = await installMongod();
    dataDir = await mkdtemp(join(tmpdir(), "rollcall-mongodb-"));
    await start();
  });
  after(async function () {
    this.timeout(30_000);
    await mongod?.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  return {
    running,
    url: () => running().url,
    restart: start,
    connect: () => connectAlone(running().url),
  };
};
