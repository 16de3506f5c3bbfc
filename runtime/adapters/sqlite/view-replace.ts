import { encodeMessage } from "../../codec.ts";
import type { RowChange, StoredRow, ViewTable } from "../../view/store.ts";
import { supportedText } from "../../view/value.ts";
import { type Database, transaction } from "./database.ts";
import { type Cell, cellsOf, rowOf } from "./view-cells.ts";
import { createListWriter } from "./view-lists.ts";
import { columnName, quoted } from "./view-names.ts";
import { readPositions, type WrittenRow, writePositions } from "./view-write.ts";

/** Reads rows for handlers, and writes what they made of them unless somebody wrote in between. */
export type RowReplacer = {
  load(keys: readonly string[]): ReadonlyMap<string, StoredRow>;
  replace(changes: readonly RowChange[], now: number): Replaced;
};

/** Of each change whether it was written, and the rows that were. */
export type Replaced = { readonly outcomes: readonly boolean[]; readonly written: readonly WrittenRow[] };

type Prepared = {
  readonly change: RowChange;
  readonly message: Uint8Array | undefined;
  readonly cells: readonly Cell[];
};

export const createRowReplacer = (db: Database, table: ViewTable): RowReplacer => {
  const name = quoted(table.id);
  const columns = ["live", "died", "at", "message", ...table.columns.map(({ path }) => columnName(path))];
  const empty: readonly Cell[] = table.columns.map(() => null);
  const select = db.prepare<[string], { at: string; message: Buffer | null }>(
    `SELECT at, message FROM ${name} WHERE key = ?`,
  );
  const writeLists = createListWriter(db, table);
  const update = db.prepare<Cell[], { id: bigint }>(
    `UPDATE ${name} SET ${columns.map((column) => `${column} = ?`).join(", ")} WHERE key = ? AND at = ? RETURNING id`,
  );
  const insert = db.prepare<Cell[], { id: bigint }>(
    `INSERT OR IGNORE INTO ${name} (${columns.join(", ")}, key)
     VALUES (${columns.map(() => "?").join(", ")}, ?) RETURNING id`,
  );

  const replaceAll = transaction(db, (prepared: readonly Prepared[]) =>
    prepared.map(({ change: { key, expected, row }, cells }) => {
      const written =
        expected.size === 0 ? insert.get(...cells, key) : update.get(...cells, key, writePositions(expected));
      if (written !== undefined) writeLists?.(written.id, row);
      return written !== undefined;
    }),
  );

  return {
    load(keys) {
      const rows = new Map<string, StoredRow>();
      for (const key of keys) {
        const found = select.get(key);
        if (found === undefined) continue;
        const row = found.message === null ? undefined : rowOf(table, found.message);
        rows.set(key, { row, at: readPositions(found.at) });
      }
      return rows;
    },
    replace(changes, now) {
      const prepared = changes.map((change): Prepared => {
        supportedText(change.key, "the row's key");
        const at = writePositions(change.at);
        const { row } = change;
        if (row === undefined) return { change, message: undefined, cells: [0, now, at, null, ...empty] };
        const message = encodeMessage(table.row, row);
        return { change, message, cells: [1, null, at, message, ...cellsOf(row, table.columns)] };
      });
      const outcomes = replaceAll(prepared);
      const written = prepared.filter((_, i) => outcomes[i]);
      return { outcomes, written: written.map(({ change: { key, at }, message }) => ({ key, at, message })) };
    },
  };
};
