import { createHash } from "node:crypto";
import type { Disjunct, Plan } from "./plan.ts";
import type { Index } from "./store.ts";

/** The indexes that some plans need: one is left out when another begins with its columns. */
export const deriveIndexes = (plans: readonly Plan[]): readonly Index[] => {
  const needed = plans.flatMap((plan) => plan.disjuncts.map(({ index }) => indexOf(index, plan)));
  const longestFirst = needed
    .filter(({ columns }) => columns.length > 0)
    .toSorted((a, b) => b.columns.length - a.columns.length);
  const kept: Index[] = [];
  for (const index of longestFirst) if (!kept.some((other) => serves(other, index.columns))) kept.push(index);
  return kept.toSorted((a, b) => (a.name < b.name ? -1 : 1));
};

const indexOf = (columns: readonly string[], plan: Plan): Index => {
  const list = columns.find((path) => plan.columns.some((column) => column.path === path && column.isList));
  return { name: indexName(columns), columns, ...(list === undefined ? {} : { list }) };
};

/** The index that serves a disjunct, of those derived from its plan; `undefined` when it reads rows by key. */
export const indexFor = (disjunct: Disjunct, indexes: readonly Index[]): Index | undefined =>
  disjunct.index.length === 0 ? undefined : indexes.find((index) => serves(index, disjunct.index));

/** One with a list has no entry of some rows, so it serves none that does not ask for an element. */
const serves = ({ columns, list }: Index, start: readonly string[]): boolean =>
  start.every((column, i) => columns[i] === column) && (list === undefined || start.includes(list));

const indexName = (columns: readonly string[]): string =>
  `ix_${createHash("sha256").update(JSON.stringify(columns)).digest("hex").slice(0, 12)}`;
