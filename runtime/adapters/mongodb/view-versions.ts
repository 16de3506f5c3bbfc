import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Db } from "mongodb";
import { MeshError } from "../../errors.ts";
import type { Log } from "../../log.ts";
import type { Column } from "../../view/plan.ts";
import type { ViewTable } from "../../view/store.ts";
import { guarded, unhurried } from "./errors.ts";

/** A process that writes rows of a table, as the others see it. */
type Writer = {
  readonly _id: string;
  readonly table: string;
  /** What queries of its version need computed of each row. */
  readonly computed: readonly Column[];
  /** Paths of everything that it computes, for other versions too. */
  readonly knows: readonly string[];
  readonly seen_at: Date;
  readonly has_left?: true;
};

/**
 * The versions of a service that write the same rows. Each says what its queries need computed of a row, and all
 * compute all of it: a row has every version's columns, whichever wrote it.
 */
export type Versions = {
  /** Writes with what has to be computed now, other versions' columns among them. */
  write<T>(work: (table: ViewTable) => Promise<T>): Promise<T>;
  /** Paths of the computed columns that some version keeps up to date. */
  kept(): ReadonlySet<string>;
  /** Resolves when nobody writes rows without one's own columns any more. */
  everyoneKnows(): Promise<void>;
  /** Its columns are kept up to date for a day yet: a version that comes back has nothing to fill. */
  leave(): Promise<void>;
};

const learnEveryMs = 1000;
const tellEveryMs = 10_000;
/** Who has not been heard of for so long is taken for dead. */
const aliveMs = 30_000;
/** So a writer that has not heard of the others for less than that hears of them before it writes. */
const staleMs = 20_000;
const forgetAfterSeconds = 24 * 3600;
const lookAgainMs = 100;

/** Makes the table's writers known to each other. What was said before it resolves is heard by all who join later. */
export const joinVersions = async (db: Db, table: ViewTable, log: Log | undefined): Promise<Versions> => {
  const writers = db.collection<Writer>("view_writers");
  const _id = randomUUID();
  const own = table.columns.filter(({ computed }) => computed !== undefined);
  const writing = new Set<Promise<unknown>>();
  let current = table;
  let knows = new Set(own.map(({ path }) => path));
  let learnedAt = Number.NEGATIVE_INFINITY;
  let toldAt = Number.NEGATIVE_INFINITY;
  let hasLeft = false;

  const tell = async (): Promise<void> => {
    const said = { table: table.id, computed: own, knows: [...knows] };
    const update = { $set: said, $currentDate: { seen_at: true } } as const;
    await guarded(() => writers.updateOne({ _id }, update, { upsert: true }));
    toldAt = performance.now();
  };

  const learnNow = async (): Promise<void> => {
    const from = performance.now();
    const found = await guarded(() => writers.find({ table: table.id }).toArray());
    const columns = new Map(current.columns.map((column) => [column.path, column]));
    for (const column of found.flatMap(({ computed }) => computed)) {
      if (!columns.has(column.path)) columns.set(column.path, column);
    }
    if (columns.size > current.columns.length) {
      current = { ...table, columns: [...columns.values()] };
      // One knows them when no write is under way that began without them.
      await Promise.allSettled(writing);
      knows = new Set([...columns.values()].flatMap(({ path, computed }) => (computed === undefined ? [] : [path])));
      await tell();
    } else if (from - toldAt > tellEveryMs) await tell();
    learnedAt = from;
  };

  let learning: Promise<void> | undefined;
  /** Once for all who ask meanwhile, who then go on in the order in which they came. */
  const learn = (): Promise<void> => {
    learning ??= learnNow().finally(() => {
      learning = undefined;
    });
    return learning;
  };

  await unhurried(() => writers.createIndexes(indexes));
  await tell();
  await learn();
  const timer = setInterval(() => {
    learn().catch((error: unknown) => log?.debug({ table: table.id, error }, "other versions could not be looked for"));
  }, learnEveryMs);
  timer.unref();

  return {
    async write(work) {
      if (performance.now() - learnedAt > staleMs) await learn();
      const written = work(current);
      writing.add(written);
      try {
        return await written;
      } finally {
        writing.delete(written);
      }
    },
    kept: () => knows,
    async everyoneKnows() {
      const isAlive = { $gt: ["$seen_at", { $subtract: ["$$NOW", aliveMs] }] };
      const unaware = {
        table: table.id,
        has_left: { $ne: true },
        knows: { $not: { $all: own.map(({ path }) => path) } },
        $expr: isAlive,
      } as const;
      while (own.length > 0 && (await guarded(() => writers.findOne(unaware))) !== null) {
        if (hasLeft) throw new MeshError("STORE_UNAVAILABLE", "the store is closed");
        await delay(lookAgainMs);
      }
    },
    async leave() {
      hasLeft = true;
      clearInterval(timer);
      await Promise.allSettled(writing);
      await guarded(() => writers.updateOne({ _id }, { $set: { has_left: true } }));
    },
  };
};

const indexes = [
  { key: { table: 1 }, name: "table" },
  { key: { seen_at: 1 }, name: "seen", expireAfterSeconds: forgetAfterSeconds },
];

/** Of a table that nobody writes any more. */
export const forgetWriters = async (db: Db, id: string): Promise<void> => {
  await guarded(() => db.collection<Writer>("view_writers").deleteMany({ table: id }));
};
