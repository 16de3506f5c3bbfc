import { type Db, MongoClient } from "mongodb";
import type { Log } from "../../log.ts";
import { guarded } from "./errors.ts";

export type MongoOptions = {
  /** A connection string. The server must be a replica set, if only of one. */
  readonly url: string;
  readonly database: string;
  readonly log: Log;
};

export type Mongo = {
  readonly client: MongoClient;
  readonly db: Db;
  close(): Promise<void>;
};

/**
 * Connects, or throws STORE_UNAVAILABLE within seconds. What is written is acknowledged when a majority has it in its
 * journal, and only such data is read. Later losses of the server are mended by the driver.
 */
export const connectMongo = async ({ url, database, log }: MongoOptions): Promise<Mongo> => {
  const client = new MongoClient(url, {
    appName: "rollcall",
    // Without it 0n comes back as the number 0, and large integers as objects.
    useBigInt64: true,
    writeConcern: { w: "majority", journal: true, wtimeoutMS: 5000 },
    readConcern: { level: "majority" },
    readPreference: "primary",
    retryWrites: true,
    retryReads: true,
    // Together at most six seconds until a server that has gone silent is given up.
    heartbeatFrequencyMS: 1000,
    connectTimeoutMS: 2000,
    serverSelectionTimeoutMS: 3000,
    maxPoolSize: 20,
  });
  client.on("serverDescriptionChanged", ({ address, previousDescription, newDescription }) => {
    if (previousDescription.type === newDescription.type) return;
    log.info({ server: address, was: previousDescription.type, is: newDescription.type }, "MongoDB server changed");
  });
  try {
    await guarded(() => client.connect());
  } catch (error) {
    await client.close();
    throw error;
  }
  return { client, db: client.db(database), close: () => client.close() };
};
