import { createHash } from "node:crypto";
import type { Disjunct, Plan } from "./plan.ts";
import type { Index } from "./store.ts";

/** The indexes that some plans need: one is left out when another begins with its columns. */
export const deriveIndexes = (plans: readonly Plan[]): readonly Index[] => {
  const needed = plans.flatMap(({ disjuncts }) => disjuncts.map(({ index }) => index));
  const longestFirst = needed.filter((columns) => columns.length > 0).toSorted((a, b) => b.length - a.length);
  const kept: (readonly string[])[] = [];
  for (const columns of longestFirst) {
    if (!kept.some((other) => beginsWith(other, columns))) kept.push(columns);
  }
  return kept.map((columns) => ({ name: indexName(columns), columns })).toSorted((a, b) => (a.name < b.name ? -1 : 1));
};

/** The index that serves a disjunct, of those derived from its plan; `undefined` when it reads rows by key. */
export const indexFor = (disjunct: Disjunct, indexes: readonly Index[]): Index | undefined =>
  disjunct.index.length === 0 ? undefined : indexes.find(({ columns }) => beginsWith(columns, disjunct.index));

const beginsWith = (columns: readonly string[], start: readonly string[]): boolean =>
  start.every((column, i) => columns[i] === column);

const indexName = (columns: readonly string[]): string =>
  `ix_${createHash("sha256").update(JSON.stringify(columns)).digest("hex").slice(0, 12)}`;
