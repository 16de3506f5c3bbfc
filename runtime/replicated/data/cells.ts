import type { Cell, Node } from "./dots.ts";

type Cells = Node["cells"];

/** Counters count as the 64-bit integers they are declared and answered as: beyond the highest comes the lowest. */
export const sumOf = (cells: Cells): bigint => {
  let sum = 0n;
  for (const { number } of cells.values()) sum += number;
  return BigInt.asIntN(64, sum);
};

/** The cell with the highest number; of several the one of the highest actor, which is the same everywhere. */
export const latestOf = (cells: Cells): Cell | undefined => {
  let latest: readonly [actor: string, cell: Cell] | undefined;
  for (const entry of cells) if (latest === undefined || isLater(entry, latest)) latest = entry;
  return latest?.[1];
};

const isLater = (a: readonly [string, Cell], b: readonly [string, Cell]): boolean =>
  a[1].number === b[1].number ? a[0] > b[0] : a[1].number > b[1].number;
