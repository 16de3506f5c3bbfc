import type { Message } from "../codec.ts";
import { columnValue } from "./column-value.ts";
import type { Column, Order, Value } from "./plan.ts";
import { compareValues } from "./value.ts";

/** Where a row stands in a sorted result: its values in the columns of the order, and its key. */
export type Place = { readonly values: readonly (Value | undefined)[]; readonly key: string };

/** Order of two values of one column; NULL is less than any value. */
export const compareNullable = (a: Value | undefined, b: Value | undefined): number => {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  return compareValues(a, b);
};

/** Order of two places: by the columns, each in its direction, then by key. */
export const comparePlaces = (order: readonly Order[], a: Place, b: Place): number => {
  for (const [i, { descending }] of order.entries()) {
    const compared = compareNullable(a.values[i], b.values[i]);
    if (compared !== 0) return descending ? -compared : compared;
  }
  return compareValues(a.key, b.key);
};

/** The place of a row that was read. */
export const createPlacer = (order: readonly Order[], columns: readonly Column[]) => {
  const byPath = new Map(columns.map((column) => [column.path, column]));
  const ordered = order.map(({ column }) => byPath.get(column)).filter((column) => column !== undefined);
  return (row: Message, key: string): Place => ({
    values: ordered.map((column) => columnValue(row, column)),
    key,
  });
};
