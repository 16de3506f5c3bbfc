import type { Collection, Db } from "mongodb";
import type { Message } from "../../codec.ts";
import { MeshError } from "../../errors.ts";
import type { Log } from "../../log.ts";
import { hasWhatItNeeds } from "../../view/indexes.ts";
import { livingPlan, noRows } from "../../view/living-plan.ts";
import type { Plan } from "../../view/plan.ts";
import { noWindow, type Preparation, type ViewStore, type ViewTable } from "../../view/store.ts";
import { createCoalescer } from "../coalesce.ts";
import { type BulkOutcome, runBulk } from "./bulk.ts";
import { answerWithinMs, noAnswer, ping } from "./errors.ts";
import type { RowDocument } from "./view-document.ts";
import { followTable } from "./view-follow.ts";
import { createPlanReader, type PlanReader } from "./view-read.ts";
import { loadRows, replaceRows } from "./view-replace.ts";
import type { ReadOptions } from "./view-replies.ts";
import { dropTable, prepareTable } from "./view-table.ts";
import { joinVersions, type Versions } from "./view-versions.ts";
import { type KeyUpdate, type PreparedWrite, prepareWrites, updatesOf } from "./view-write.ts";

type OpenTable = {
  readonly collection: Collection<RowDocument>;
  /** Gives the error of a write that was refused for itself. */
  readonly write: (writes: readonly PreparedWrite[]) => Promise<unknown>;
  readonly readers: WeakMap<Plan, PlanReader>;
  readonly versions: Versions;
};

export type MongoViewStoreOptions = Partial<ReadOptions> & {
  readonly now?: () => number;
  /** Told of followers that lost the server. */
  readonly log?: Log;
  /** How long a write waits for others when none is under way. */
  readonly coalesceWindowMs?: number | undefined;
};

/**
 * Views as collections, with a row's message as a document under `row`. The connection is opened, and closed, by
 * someone else.
 */
export const createMongoViewStore = (
  db: Db,
  { now = Date.now, pageRows = 16_384, coalesceWindowMs, log }: MongoViewStoreOptions = {},
): ViewStore => {
  const tables = new Map<string, OpenTable>();
  let isClosed = false;

  const opened = ({ id }: ViewTable): OpenTable => {
    if (isClosed) throw new MeshError("STORE_UNAVAILABLE", "the store is closed");
    const table = tables.get(id);
    if (table === undefined) throw new MeshError("STORE_UNAVAILABLE", `the view table "${id}" is not open yet`);
    return table;
  };

  const readerOf = (table: ViewTable, plan: Plan): PlanReader => {
    const { collection, readers } = opened(table);
    const present = readers.get(plan);
    if (present !== undefined) return present;
    const reader = createPlanReader({ client: db.client, collection, table }, plan, { pageRows });
    readers.set(plan, reader);
    return reader;
  };

  const prepare = async (table: ViewTable): Promise<Preparation> => {
    await tables.get(table.id)?.versions.leave();
    const versions = await joinVersions(db, table, log);
    const { collection, isNew, made, finish } = await prepareTable(db, table, versions, now);
    const write = createCoalescer(
      (calls: readonly (readonly PreparedWrite[])[]) => writeAll(collection, calls, new Date(now())),
      { windowMs: coalesceWindowMs, waitMs: answerWithinMs, tooLate: noAnswer },
    );
    tables.set(table.id, { collection, write, readers: new WeakMap(), versions });
    let isFinished = false;
    return {
      isNew,
      isReady: (plan) => isFinished || hasWhatItNeeds(plan, table, made),
      async finish() {
        await finish();
        isFinished = true;
      },
    };
  };

  return {
    async open(table) {
      await (await prepare(table)).finish();
    },
    prepare,
    async drop(id) {
      await tables.get(id)?.versions.leave();
      tables.delete(id);
      await dropTable(db, id);
    },
    async write(table, writes) {
      const { write, versions } = opened(table);
      if (writes.length === 0) return;
      const error = await versions.write((current) => write(prepareWrites(current, writes)));
      if (error !== undefined) throw error;
    },
    load: (table, keys) => loadRows(opened(table).collection, table, keys),
    replace: async (table, changes) => {
      const { collection, versions } = opened(table);
      return versions.write((current) => replaceRows(collection, current, changes, new Date(now())));
    },
    async *find(table: ViewTable, plan: Plan, request: Message) {
      const living = livingPlan(plan, request);
      if (living.disjuncts.length > 0) yield* readerOf(table, living).find(request);
    },
    async explain(table, plan, request) {
      const living = livingPlan(plan, request);
      return living.disjuncts.length === 0 ? noRows : readerOf(table, living).explain(request);
    },
    async page(table, plan, request) {
      const living = livingPlan(plan, request);
      return living.disjuncts.length === 0 ? noWindow : readerOf(table, living).page(request);
    },
    async count(table, plan, request) {
      const living = livingPlan(plan, request);
      return living.disjuncts.length === 0 ? 0 : readerOf(table, living).count(request);
    },
    follow: async (table, following) =>
      followTable({ client: db.client, collection: opened(table).collection, table }, following, log),
    ping: () => ping(db),
    async close() {
      isClosed = true;
      // What was accepted before is written: the coalescer keeps the order of calls.
      await Promise.allSettled([...tables.values()].map(({ write }) => write([])));
      await Promise.allSettled([...tables.values()].map(({ versions }) => versions.leave()));
    },
  };
};

const duplicateKey = 11000;

/** One update a key of all the calls; of each call the error of its own keys, if there is one. */
const writeAll = async (
  collection: Collection<RowDocument>,
  calls: readonly (readonly PreparedWrite[])[],
  now: Date,
): Promise<readonly unknown[]> => {
  const updates = updatesOf(calls.flat(), now);
  if (updates.length === 0) return [];
  const run = (some: readonly KeyUpdate[]) =>
    runBulk(
      collection,
      some.map(({ operation }) => operation),
    );
  const outcomes = await run(updates);
  const isDuplicate = (outcome: BulkOutcome | undefined): boolean =>
    outcome?.kind === "refused" && outcome.code === duplicateKey;
  // Two first writes of a key, here and elsewhere, may both try to insert; the row is there the second time, and
  // a guarded write that still finds nothing is not newer than it.
  const again = updates.filter((_, i) => isDuplicate(outcomes[i]));
  const outcomesAgain = (again.length === 0 ? [] : await run(again)).map(
    (outcome, i): BulkOutcome => (again[i]?.isGuarded && isDuplicate(outcome) ? { kind: "done" } : outcome),
  );
  const refused = [...outcomes.filter((outcome) => !isDuplicate(outcome)), ...outcomesAgain];
  if (refused.every(({ kind }) => kind === "done")) return [];

  const keys = [...new Set(calls.flat().map(({ key }) => key))];
  let next = 0;
  const final = outcomes.map((outcome) => (isDuplicate(outcome) ? outcomesAgain[next++] : outcome));
  const errors = new Map(keys.map((key, i) => [key, final[i]?.kind === "refused" ? final[i].error : undefined]));
  return calls.map((writes) => writes.map(({ key }) => errors.get(key)).find((error) => error !== undefined));
};
