import { encodeMessage } from "../../codec.ts";
import type { RowChange, StoredRow, ViewTable } from "../../view/store.ts";
import { supportedText } from "../../view/value.ts";
import type { Database } from "./database.ts";
import { type Cell, cellsOf, rowOf } from "./view-cells.ts";
import { createListWriter } from "./view-lists.ts";
import { columnName, quoted } from "./view-names.ts";
import { readPositions, writePositions } from "./view-write.ts";

/** Reads rows for handlers, and writes what they made of them unless somebody wrote in between. */
export type RowReplacer = {
  load(keys: readonly string[]): ReadonlyMap<string, StoredRow>;
  replace(changes: readonly RowChange[], now: number): readonly boolean[];
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

  const replaceAll = db.transaction((prepared: readonly (readonly [RowChange, readonly Cell[]])[]) =>
    prepared.map(([{ key, expected, row }, cells]) => {
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
    replace: (changes, now) =>
      replaceAll(
        changes.map((change) => {
          supportedText(change.key, "the row's key");
          const at = writePositions(change.at);
          const { row } = change;
          return row === undefined
            ? [change, [0, now, at, null, ...empty]]
            : [change, [1, null, at, encodeMessage(table.row, row), ...cellsOf(row, table.columns)]];
        }),
      ),
  };
};
