import { encodeMessage, type Message } from "../../codec.ts";
import { isNewer } from "../../view/position.ts";
import type { Position, ViewTable, ViewWrite } from "../../view/store.ts";
import { supportedText } from "../../view/value.ts";
import type { Database } from "./database.ts";
import { type Cell, cellsOf } from "./view-cells.ts";
import { createListWriter } from "./view-lists.ts";
import { columnName, quoted } from "./view-names.ts";

/** A write with everything that can fail already done. */
export type PreparedWrite = {
  readonly key: string;
  readonly source: string;
  readonly position: Position;
  /** `undefined` for a delete. */
  readonly stored: { readonly row: Message; readonly message: Uint8Array; readonly cells: readonly Cell[] } | undefined;
};

/** Throws UNSUPPORTED_VALUE on a value that no column holds. */
export const prepareWrite = (table: ViewTable, { key, source, position, row }: ViewWrite): PreparedWrite => ({
  key: supportedText(key, "the row's key"),
  source,
  position,
  stored: row && { row, message: encodeMessage(table.row, row), cells: cellsOf(row, table.columns) },
});

/** A row as it was written. */
export type WrittenRow = {
  readonly key: string;
  readonly at: ReadonlyMap<string, Position>;
  /** `undefined` of a deleted row. */
  readonly message: Uint8Array | undefined;
};

/**
 * Applies writes inside the caller's transaction: each key is read once and written at most once. Gives the rows that
 * were written.
 */
export type TableWriter = (writes: readonly PreparedWrite[], now: number) => readonly WrittenRow[];

type Row = { readonly positions: Map<string, Position>; isNew: boolean; stored: PreparedWrite["stored"] };

export const createTableWriter = (db: Database, table: ViewTable): TableWriter => {
  const name = quoted(table.id);
  const columns = ["key", "live", "died", "at", "message", ...table.columns.map(({ path }) => columnName(path))];
  const readAt = db.prepare<[string], string>(`SELECT at FROM ${name} WHERE key = ?`).pluck();
  const writeLists = createListWriter(db, table);
  const upsert = db.prepare<Cell[], { id: bigint }>(
    `INSERT INTO ${name} (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})
     ON CONFLICT (key) DO UPDATE SET ${columns
       .slice(1)
       .map((column) => `${column} = excluded.${column}`)
       .join(", ")} RETURNING id`,
  );
  const empty: readonly Cell[] = table.columns.map(() => null);

  return (writes, now) => {
    const rows = new Map<string, Row>();
    for (const { key, source, position, stored } of writes) {
      let row = rows.get(key);
      if (row === undefined) {
        row = { positions: readPositions(readAt.get(key)), isNew: false, stored: undefined };
        rows.set(key, row);
      }
      if (!isNewer(position, row.positions.get(source))) continue;
      row.positions.set(source, position);
      row.isNew = true;
      row.stored = stored;
    }
    const written: WrittenRow[] = [];
    for (const [key, { positions, isNew, stored }] of rows) {
      if (!isNew) continue;
      const at = writePositions(positions);
      const upserted =
        stored === undefined
          ? upsert.get(key, 0, now, at, null, ...empty)
          : upsert.get(key, 1, null, at, stored.message, ...stored.cells);
      if (upserted !== undefined) writeLists?.(upserted.id, stored?.row);
      written.push({ key, at: positions, message: stored?.message });
    }
    return written;
  };
};

/** As a list: a source's name is data and must never be taken for a property of an object. */
export const readPositions = (at: string | undefined): Map<string, Position> =>
  new Map(at === undefined ? [] : (JSON.parse(at) as [string, Position][]));

export const writePositions = (positions: ReadonlyMap<string, Position>): string => JSON.stringify([...positions]);
