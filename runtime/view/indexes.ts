import { createHash } from "node:crypto";
import type { Disjunct, IndexPart, Plan } from "./plan.ts";
import type { Index, ViewTable } from "./store.ts";

/** The indexes that some plans need: one is left out when another begins with its parts. */
export const deriveIndexes = (plans: readonly Plan[]): readonly Index[] => {
  const needed = plans.flatMap((plan) => plan.disjuncts.map(({ index }) => ({ index, plan })));
  const hardestFirst = needed
    .filter(({ index }) => index.length > 0)
    .toSorted((a, b) => b.index.length - a.index.length || demands(b.index) - demands(a.index));
  const kept: Index[] = [];
  for (const { index, plan } of hardestFirst) {
    if (!kept.some((other) => beginsWith(other, index))) kept.push(indexOf(index.map(ascending), plan));
  }
  return kept.toSorted((a, b) => (a.name < b.name ? -1 : 1));
};

const indexOf = (parts: readonly IndexPart[], plan: Plan): Index => {
  const lists = new Set(plan.columns.filter(({ isList }) => isList).map(({ path }) => path));
  const list = parts.map(columnOf).find((column) => column !== undefined && lists.has(column));
  return { name: indexName(parts), parts, ...(list === undefined ? {} : { list }) };
};

/** The column of a part; `undefined` for the key. */
export const columnOf = (part: IndexPart): string | undefined => (part.kind === "key" ? undefined : part.column);

/** The index that serves a disjunct, of those derived from its plan; `undefined` when it reads rows by key. */
export const indexFor = (disjunct: Disjunct, indexes: readonly Index[]): Index | undefined =>
  disjunct.index.length === 0 ? undefined : indexes.find((index) => beginsWith(index, disjunct.index));

/** Whether a query has the columns and indexes it needs, of those that are made. */
export const hasWhatItNeeds = (plan: Plan, table: ViewTable, made: MadeParts): boolean =>
  plan.columns.every(({ path }) => made.columns.has(path)) &&
  plan.disjuncts.every((disjunct) => {
    const index = indexFor(disjunct, table.indexes);
    return index === undefined || made.indexes.has(index.name);
  });

/** Columns by path, indexes by name, that a stored table has and keeps. */
export type MadeParts = { readonly columns: ReadonlySet<string>; readonly indexes: ReadonlySet<string> };

/** Of what was made for some definition, what another one needs as well. */
export const keptParts = (made: MadeParts, { columns, indexes }: ViewTable): MadeParts => ({
  columns: new Set(columns.map(({ path }) => path).filter((path) => made.columns.has(path))),
  indexes: new Set(indexes.map(({ name }) => name).filter((name) => made.indexes.has(name))),
});

/** One with a list has no entry of some rows, so it serves none that does not ask for an element. */
const beginsWith = ({ parts, list }: Index, start: readonly IndexPart[]): boolean =>
  start.every((part, i) => serves(parts[i], part)) &&
  (list === undefined || start.some((part) => columnOf(part) === list));

const serves = (present: IndexPart | undefined, needed: IndexPart): boolean => {
  if (present?.kind !== "column" || needed.kind !== "column") return present?.kind === needed.kind;
  return present.column === needed.column && (needed.direction === "either" || present.direction === needed.direction);
};

/** Parts whose direction matters: such a need is met first, so that those that do not care may share its index. */
const demands = (parts: readonly IndexPart[]): number =>
  parts.filter((part) => part.kind === "column" && part.direction !== "either").length;

const ascending = (part: IndexPart): IndexPart =>
  part.kind === "column" && part.direction === "either" ? { ...part, direction: "ascending" } : part;

const indexName = (parts: readonly IndexPart[]): string =>
  `ix_${createHash("sha256")
    .update(JSON.stringify(parts.map(spelling)))
    .digest("hex")
    .slice(0, 12)}`;

/** An ascending column is spelled as its path alone, as in names from before there were directions. */
const spelling = (part: IndexPart): string | readonly string[] => {
  if (part.kind === "key") return ["key"];
  return part.direction === "descending" ? ["descending", part.column] : part.column;
};
