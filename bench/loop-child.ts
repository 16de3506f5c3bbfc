import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { MongoClient } from "mongodb";
import type { Child } from "./child.ts";
import type { Engines } from "./engines.ts";
import type { LoopPlace } from "./processes/loop.ts";
import type { Progress } from "./processes/meter.ts";
import { forgetGroups } from "./topics.ts";

/** Starts the loop at the first record, on an empty database; afterwards nothing is left of it. */
export const inPlace = async <T>(
  { kafka, mongodb }: Engines,
  child: Child,
  coalesceMs: number,
  work: (database: string) => Promise<T>,
): Promise<T> => {
  const database = `bench-${randomUUID()}`;
  const place: LoopPlace = { kafka, mongodb, database, coalesceMs };
  await forgetGroups(kafka);
  await child.ask("start", place);
  try {
    return await work(database);
  } finally {
    await child.ask("stop");
    await withMongo(mongodb, (client) => client.db(database).dropDatabase());
  }
};

/** Waits until so many records are done. */
export const reach = async (child: Child, records: number): Promise<Progress> => {
  for (const deadline = Date.now() + 120_000; ; ) {
    const progress = await child.ask<Progress>("progress");
    if (progress.records >= records) return progress;
    if (Date.now() > deadline) throw new Error(`${progress.records} of ${records} records are done after two minutes`);
    await delay(20);
  }
};

/** Some work on a connection of its own. */
export const withMongo = async <T>(url: string, work: (client: MongoClient) => Promise<T>): Promise<T> => {
  const client = await new MongoClient(url).connect();
  try {
    return await work(client);
  } finally {
    await client.close();
  }
};
