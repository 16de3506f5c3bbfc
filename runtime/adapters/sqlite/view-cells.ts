import { decodeMessage, type Message } from "../../codec.ts";
import { columnElements, columnValue } from "../../view/column-value.ts";
import type { Column, ColumnType, Value } from "../../view/plan.ts";
import type { ViewTable } from "../../view/store.ts";

/** What is bound to a `?`. */
export type Cell = string | number | bigint | Uint8Array | null;

export const cellOf = (value: Value): Cell => (typeof value === "boolean" ? (value ? 1n : 0n) : value);

/** A column's value as it was stored; integers come as bigint. */
export const valueOfCell = (cell: Cell, type: ColumnType): Value | undefined => {
  if (cell === null) return undefined;
  return type === "bool" ? Number(cell) === 1 : cell;
};

/** The values of a row's columns, NULLs included; of a list how long it is. Throws UNSUPPORTED_VALUE. */
export const cellsOf = (row: Message, columns: readonly Column[]): Cell[] =>
  columns.map((column) => {
    if (column.isList) return columnElements(row, column)?.length ?? null;
    const value = columnValue(row, column);
    return value === undefined ? null : cellOf(value);
  });

/** The row of a stored message. Its bytes fields are plain Uint8Arrays, as everywhere else. */
export const rowOf = (table: ViewTable, bytes: Uint8Array): Message =>
  decodeMessage(table.row, new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
