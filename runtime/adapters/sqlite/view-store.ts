import type { Message } from "../../codec.ts";
import { MeshError } from "../../errors.ts";
import { hasWhatItNeeds } from "../../view/indexes.ts";
import { livingPlan, noRows } from "../../view/living-plan.ts";
import type { Plan } from "../../view/plan.ts";
import { noWindow, type Preparation, type ViewStore, type ViewTable } from "../../view/store.ts";
import { createCoalescer } from "../coalesce.ts";
import { type Database, transaction } from "./database.ts";
import { createTableChanges, followTable } from "./view-follow.ts";
import { quoted } from "./view-names.ts";
import { createPlanReader, type PlanReader } from "./view-read.ts";
import { createRowReplacer, type RowReplacer } from "./view-replace.ts";
import { createDefinitions, dropTable, prepareTable } from "./view-table.ts";
import { createTableWriter, type PreparedWrite, prepareWrite, type TableWriter } from "./view-write.ts";

const keepDeletedMs = 7 * 24 * 3_600_000;
const dropDeletedEveryMs = 3_600_000;

type OpenTable = {
  readonly id: string;
  readonly writer: TableWriter;
  readonly replacer: RowReplacer;
  readonly readers: WeakMap<Plan, PlanReader>;
};
type Call = { readonly table: OpenTable; readonly writes: readonly PreparedWrite[] };

/**
 * Views as tables of the embedded store: a row is its message and one typed column for each path that queries
 * read. The database is opened, and closed, by someone else.
 */
export const createSqliteViewStore = (db: Database, now: () => number = Date.now): ViewStore => {
  createDefinitions(db);
  const tables = new Map<string, OpenTable>();
  const changes = createTableChanges();
  let isClosed = false;
  let droppedAt = Number.NEGATIVE_INFINITY;

  const opened = ({ id }: ViewTable): OpenTable => {
    if (isClosed) throw new MeshError("STORE_UNAVAILABLE", "the store is closed");
    const table = tables.get(id);
    if (table === undefined) throw new MeshError("STORE_UNAVAILABLE", `the view table "${id}" is not open yet`);
    return table;
  };

  const readerOf = (table: ViewTable, plan: Plan): PlanReader => {
    const { readers } = opened(table);
    const present = readers.get(plan);
    if (present !== undefined) return present;
    const reader = createPlanReader(db, table, plan);
    readers.set(plan, reader);
    return reader;
  };

  const dropDeleted = (time: number): void => {
    if (time - droppedAt < dropDeletedEveryMs) return;
    droppedAt = time;
    for (const id of tables.keys()) {
      db.prepare(`DELETE FROM ${quoted(id)} WHERE live = 0 AND died < ?`).run(time - keepDeletedMs);
    }
  };

  const writeAll = transaction(db, (calls: readonly Call[]) => {
    const time = now();
    const byTable = new Map<OpenTable, PreparedWrite[]>();
    for (const { table, writes } of calls) {
      const gathered = byTable.get(table);
      if (gathered === undefined) byTable.set(table, [...writes]);
      else for (const write of writes) gathered.push(write);
    }
    const written = [...byTable].map(([table, writes]) => [table.id, table.writer(writes, time)] as const);
    dropDeleted(time);
    return written;
  });
  const enqueue = createCoalescer<Call, void>((calls) => {
    // Followers are told of what is committed, before those who wrote it.
    for (const [id, rows] of writeAll(calls)) changes.tell(id, rows);
    return [];
  });

  const prepare = async (table: ViewTable): Promise<Preparation> => {
    const { isNew, made, finish } = prepareTable(db, table, now);
    tables.set(table.id, {
      id: table.id,
      writer: createTableWriter(db, table),
      replacer: createRowReplacer(db, table),
      readers: new WeakMap(),
    });
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
      tables.delete(id);
      dropTable(db, id);
    },
    async write(table, writes) {
      const open = opened(table);
      if (writes.length > 0) await enqueue({ table: open, writes: writes.map((write) => prepareWrite(table, write)) });
    },
    load: async (table, keys) => opened(table).replacer.load(keys),
    async replace(table, writes) {
      const { outcomes, written } = opened(table).replacer.replace(writes, now());
      changes.tell(table.id, written);
      return outcomes;
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
    async follow(table, following) {
      opened(table);
      return followTable({ db, table, changes }, following);
    },
    // It is in this process: who can ask is answered.
    ping: async () => {},
    async close() {
      isClosed = true;
      // What was accepted before is written: the coalescer keeps the order of calls.
      for (const table of tables.values()) await enqueue({ table, writes: [] });
    },
  };
};
