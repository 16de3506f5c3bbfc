import { randomUUID } from "node:crypto";
import type { Message } from "../../codec.ts";
import { livingPlan } from "../../view/living-plan.ts";
import type { Plan } from "../../view/plan.ts";
import type { FollowedChange, RowState, Snapshot, TableFollower, TableFollowing } from "../../view/row-state.ts";
import type { ViewTable } from "../../view/store.ts";
import type { Database } from "./database.ts";
import { bindCell } from "./view-bind.ts";
import { type Cell, rowOf } from "./view-cells.ts";
import { indexName, quoted } from "./view-names.ts";
import { planSql } from "./view-sql.ts";
import { readPositions, type WrittenRow } from "./view-write.ts";

type Listener = (order: bigint, rows: readonly WrittenRow[]) => void;

/** Tells followers, in this process, what was committed to their table: no other process writes to it. */
export type TableChanges = {
  /** Of this run: the order begins anew with each process. */
  readonly epoch: string;
  position(): bigint;
  /** Gives the rows the orders that come next. */
  tell(tableId: string, rows: readonly WrittenRow[]): void;
  listen(tableId: string, listener: Listener): () => void;
};

export const createTableChanges = (): TableChanges => {
  const listeners = new Map<string, Set<Listener>>();
  let last = 0n;
  return {
    epoch: randomUUID().slice(0, 8),
    position: () => last,
    tell(tableId, rows) {
      const first = last + 1n;
      last += BigInt(rows.length);
      for (const listener of listeners.get(tableId) ?? []) listener(first, rows);
    },
    listen(tableId, listener) {
      const present = listeners.get(tableId) ?? new Set();
      listeners.set(tableId, present.add(listener));
      return () => {
        present.delete(listener);
        if (present.size === 0) listeners.delete(tableId);
      };
    },
  };
};

export type FollowedTable = { readonly db: Database; readonly table: ViewTable; readonly changes: TableChanges };

/** A follower of a table of this process; nothing it follows is ever lost. */
export const followTable = (followed: FollowedTable, { onChanges }: TableFollowing): TableFollower => {
  const { table, changes } = followed;
  const unlisten = changes.listen(table.id, (first, rows) => {
    if (rows.length > 0) onChanges(rows.map((row, i) => changeOf(table, row, first + BigInt(i))));
  });
  return {
    epoch: changes.epoch,
    position: changes.position,
    snapshot: (plan, request) => snapshotOf(followed, plan, request),
    close: async () => unlisten(),
  };
};

const changeOf = (table: ViewTable, { key, at, message }: WrittenRow, order: bigint): FollowedChange => ({
  key,
  at,
  row: message && rowOf(table, message),
  order,
});

const pageRows = 256;

type KeyedRow = [key: string, at: string, message: Buffer];

/** The ids of one moment, then the rows page by page: no statement is open between two of them. */
async function* snapshotOf(
  { db, table, changes }: FollowedTable,
  plan: Plan,
  request: Message,
): AsyncIterable<Snapshot> {
  const living = livingPlan(plan, request);
  if (living.disjuncts.length === 0) return;
  const ids = idsOf(db, table, living, request);
  const page = db
    .prepare<[string], KeyedRow>(
      `SELECT row.key, row.at, row.message FROM json_each(?) AS page CROSS JOIN ${quoted(table.id)} AS row NOT INDEXED
       WHERE row.id = page.value AND live = 1`,
    )
    .raw();
  for (let start = 0; start < ids.length; start += pageRows) {
    const rows = page.all(JSON.stringify(ids.slice(start, start + pageRows)));
    yield { rows: rows.map((row) => stateOf(table, row)), upTo: changes.position() };
  }
}

const idsOf = (db: Database, table: ViewTable, plan: Plan, request: Message): readonly number[] => {
  if (plan.disjuncts.some(({ index }) => index.length === 0)) {
    const text = `SELECT id FROM ${quoted(table.id)} INDEXED BY ${indexName(table.id, "key")} WHERE live = 1 ORDER BY key`;
    return db.prepare<[], number>(text).pluck().safeIntegers(false).all();
  }
  const { ids } = planSql(table, plan);
  const cells = ids.operands.map((operand) => bindCell(operand, request));
  return db
    .prepare<Cell[], number>(ids.text)
    .pluck()
    .safeIntegers(false)
    .all(...cells, Number.MAX_SAFE_INTEGER, 0);
};

const stateOf = (table: ViewTable, [key, at, message]: KeyedRow): RowState => ({
  key,
  at: readPositions(at),
  row: rowOf(table, message),
});
