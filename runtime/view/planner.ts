import type { ItemFunction } from "./ast.ts";
import type { CheckedQuery, Result } from "./checked.ts";
import { columnOf } from "./indexes.ts";
import { lowerTest, reversedColumn } from "./lower.ts";
import { disjunctiveForm, keyOf, type Literal, maxDisjuncts, maxTests } from "./normal-form.ts";
import type { Column, Disjunct, Guard, IndexPart, Order, Plan, Predicate } from "./plan.ts";
import { type Outcome, ok, type Problem, problems } from "./problem.ts";

/** A query's way to its rows. `offset` is where the caret goes if there is none. */
export const planQuery = (query: CheckedQuery, offset: number): Outcome<Plan> => {
  const { table, where, limit, pageToken } = query;
  const alternatives = where === undefined ? [[]] : disjunctiveForm(where);
  if (alternatives === undefined) return problems([tooComplex(offset)]);
  const columns = new Map(query.columns.map((column) => [column.path, column]));
  const conjunctions = alternatives.map((literals) => lowerAll(literals, columns));
  const isList = (column: string): boolean => columns.get(column)?.isList === true;
  const counted = countedOf(query);
  const isSorted = needsSorting(query);
  const order = !isSorted || query.order.length > 0 ? query.order : naturalOrder(conjunctions);
  const sorting = isSorted ? order : undefined;
  const disjuncts = conjunctions.flatMap(({ tests, guards }) => {
    const disjunct = planDisjunct(tests, sorting, counted !== "never", isList);
    const planned = disjunct.index.length > 0 ? [disjunct] : planPattern(disjunct, columns);
    return planned.map((each) => (guards.length === 0 ? each : { ...each, guards }));
  });
  if (disjuncts.length > maxDisjuncts) return problems([tooComplex(offset)]);
  const lost = disjuncts.find(({ index, residual }) => index.length === 0 && residual.length > 0);
  if (lost !== undefined) return problems([unindexable(lost, offset)]);
  if (isSorted && points(disjuncts) > maxPoints) return problems([tooManyPoints(offset)]);
  const used = usedColumns(columns, disjuncts, order);
  return ok({ table, columns: used, disjuncts, isSorted, order, pageToken, offset: query.offset, limit, counted });
};

const tooManyPoints = (offset: number): Problem => ({
  code: "QUERY_TOO_COMPLEX",
  text: `every combination of values in IN is read for itself when rows are sorted, and here are more than ${maxPoints}`,
  remedy: "shorten the lists of IN, or take ORDER BY and the paging functions out",
  offset,
});

/** As many as MongoDB reads side by side by itself. */
const maxPoints = 200;

/** Ways into indexes that must be read side by side. */
const points = (disjuncts: readonly Disjunct[]): number =>
  disjuncts
    .map(({ equal }) => equal.map((test) => (test.kind === "in" ? test.operands.length : 1)))
    .reduce((sum, sizes) => sum + sizes.reduce((product, size) => product * size, 1), 0);

const needsSorting = ({ order, pageToken, result }: CheckedQuery): boolean =>
  result.kind !== "summary" &&
  (order.length > 0 ||
    pageToken !== undefined ||
    summaries(result).some((name) => name === "has_more" || name === "next_page_token"));

const countedOf = ({ result }: CheckedQuery): Plan["counted"] => {
  if (result.kind === "summary") return "alone";
  return summaries(result).some((name) => name === "count" || name === "total_count") ? "beside rows" : "never";
};

const summaries = (result: Result): readonly ItemFunction[] =>
  result.kind === "row"
    ? []
    : result.assignments.flatMap(({ source }) => (source.kind === "summary" ? [source.name] : []));

/** Of pages without ORDER BY: the range that the index is entered by, if all alternatives have the same. */
const naturalOrder = (conjunctions: readonly Conjunction[]): readonly Order[] => {
  const isNoList = (): boolean => false;
  const [first, ...others] = conjunctions.map(({ tests }) => {
    const fixed = new Set(chooseEqual(tests, isNoList).map(({ column }) => column));
    const [range] = chooseRange(
      tests.filter(({ column }) => !fixed.has(column)),
      false,
    );
    return range !== undefined && isBound(range) ? range.column : undefined;
  });
  if (first === undefined || others.some((column) => column !== first)) return [];
  return [{ column: first, descending: false }];
};

const tooComplex = (offset: number): Problem => ({
  code: "QUERY_TOO_COMPLEX",
  text: `written as an OR of ANDs, the condition has more than ${maxDisjuncts} alternatives, or one of more than ${maxTests} tests`,
  remedy: "split the query into several, or write alternatives of one column with IN",
  offset,
});

const unindexable = ({ residual: [first] }: Disjunct, offset: number): Problem => ({
  code: "QUERY_UNINDEXABLE",
  text: `no index leads to the rows whose "${first?.column}" does not hold the :parameter`,
  remedy: "add a condition that narrows the rows, such as a column compared with =",
  offset,
});

/** What is read of a row: columns that were only steps to a computed one are not stored for the plan. */
const usedColumns = (
  columns: ReadonlyMap<string, Column>,
  disjuncts: readonly Disjunct[],
  order: readonly Order[],
): readonly Column[] => {
  const used = new Set<string | undefined>(order.map(({ column }) => column));
  for (const { index, equal, range, residual } of disjuncts) {
    for (const part of index) used.add(columnOf(part));
    for (const { column } of [...equal, ...range, ...residual]) used.add(column);
  }
  return [...columns.values()].filter(({ path }) => used.has(path));
};

type Conjunction = { readonly tests: readonly Predicate[]; readonly guards: readonly Guard[] };

/** Notes the columns that have to be computed in `columns`. */
const lowerAll = (literals: readonly Literal[], columns: Map<string, Column>): Conjunction => {
  const guards = literals.filter((literal): literal is Guard => literal.kind === "guard");
  const predicates = new Map<string, Predicate>();
  for (const literal of literals) {
    if (literal.kind === "guard") continue;
    const lowered = lowerTest(literal, columns);
    for (const column of lowered.computed) columns.set(column.path, column);
    for (const predicate of lowered.predicates) predicates.set(keyOf(predicate), predicate);
  }
  return { tests: [...predicates.values()], guards };
};

/**
 * A pattern that only the request tells, and nothing beside it that an index serves: rows are found by its fixed
 * start, or by its fixed end where it has no fixed start.
 */
const planPattern = (disjunct: Disjunct, columns: Map<string, Column>): Disjunct[] => {
  const like = disjunct.residual.find((test) => test.kind === "like" && !test.isNegated);
  const column = like && columns.get(like.column);
  if (like?.kind !== "like" || column === undefined) return [disjunct];
  const backwards = reversedColumn(column);
  columns.set(backwards.path, backwards);
  return ([column.path, backwards.path] as const).map((path, i) => ({
    ...disjunct,
    index: [{ kind: "column", column: path, direction: "either" }],
    range: [{ kind: "likeRange", column: path, pattern: like.pattern, side: i === 0 ? "start" : "end" }],
  }));
};

/**
 * Equality columns, then of a sorted plan its order and the key, then one column's range, which is the last part
 * unless it is one of the order; whatever else is left is residual.
 */
const planDisjunct = (
  tests: readonly Predicate[],
  sorting: readonly Order[] | undefined,
  isCounted: boolean,
  isList: (column: string) => boolean,
): Disjunct => {
  // An entry for each element of a list would give rows several times, so sorted rows are found otherwise.
  const entering = sorting === undefined ? tests : tests.filter(({ column }) => !isList(column));
  const equal = chooseEqual(entering, isList);
  const fixed = new Set(equal.map(({ column }) => column));
  const open = tests.filter(({ column }) => !fixed.has(column) && !isList(column));
  const range = chooseRange(open, equal.length === 0 && sorting === undefined);
  const used = new Set([...equal, ...range]);
  const parts = new Map<string, IndexPart>();
  const add = (column: string, direction: "either" | "ascending" | "descending"): void => {
    if (!parts.has(column)) parts.set(column, { kind: "column", column, direction });
  };
  for (const column of fixed) add(column, "either");
  for (const { column, descending } of sorting ?? []) add(column, descending ? "descending" : "ascending");
  const sorted: readonly IndexPart[] = [...parts.values(), ...(sorting === undefined ? [] : [byKey])];
  for (const { column } of range) add(column, "either");
  const all = [...sorted, ...[...parts.values()].filter((part) => !sorted.includes(part))];
  // Without a condition the rows' own order by key serves, but not to count them.
  const isByKey = tests.length === 0 && (sorting === undefined || sorting.length === 0);
  const index = !isByKey ? all : isCounted ? [byKey] : [];
  return { index, equal, range, residual: tests.filter((test) => !used.has(test)) };
};

const byKey: IndexPart = { kind: "key" };

/** An index has at most 32 fields in MongoDB; so many narrow any table enough. */
const maxEqual = 16;

/** One test a column, in order of their names, so that equal sets of columns share an index; one list at most. */
const chooseEqual = (tests: readonly Predicate[], isList: (column: string) => boolean): Predicate[] => {
  const chosen = new Map<string, Predicate>();
  for (const test of tests) {
    const rank = equalRank(test);
    if (rank === undefined) continue;
    const present = chosen.get(test.column);
    if (present === undefined || rank < (equalRank(present) ?? rank)) chosen.set(test.column, test);
  }
  const [list] = [...chosen.keys()].filter(isList).toSorted();
  const byName = (a: Predicate, b: Predicate): number => (a.column < b.column ? -1 : 1);
  // A single value keeps what follows it in the index sorted, a set of them does not.
  const isFixed = (test: Predicate): boolean => test.kind !== "in" && test.kind !== "inList";
  const all = [...chosen.values()].filter(({ column }) => !isList(column) || column === list).sort(byName);
  return [...all.filter(isFixed), ...all.filter((test) => !isFixed(test))].slice(0, maxEqual);
};

/** How well a test enters an index by equality, best first; `undefined` when it does not. */
const equalRank = (test: Predicate): number | undefined => {
  switch (test.kind) {
    case "compare":
      return test.operator === "=" ? 0 : undefined;
    case "null":
      return test.isNull ? 1 : undefined;
    case "contains":
      return test.isNegated ? undefined : 2;
    case "in":
      return 3;
    case "inList":
      return test.isNegated ? undefined : 4;
    default:
      return undefined;
  }
};

/**
 * The bounds of the column with most of them; else IS NOT NULL; else, where nothing narrows the rows, one test that
 * holds of nearly all of them: `!=` itself, or every value of the column for another negation.
 */
const chooseRange = (tests: readonly Predicate[], isAlone: boolean): Predicate[] => {
  const bounds = tests.filter(isBound);
  const boundsBeside = (test: Predicate): Predicate[] => bounds.filter(({ column }) => column === test.column);
  const [narrowest] = bounds.map(boundsBeside).toSorted((a, b) => b.length - a.length);
  if (narrowest !== undefined) return narrowest;
  const isSet = tests.find((test) => test.kind === "null");
  if (isSet !== undefined) return [isSet];
  if (!isAlone || tests.some((test) => test.kind === "like" && !test.isNegated)) return [];
  const unequal = tests.find((test) => test.kind === "compare" && test.operator === "!=");
  if (unequal !== undefined) return [unequal];
  const negation = tests.find((test) => "isNegated" in test && test.isNegated);
  return negation === undefined ? [] : [{ kind: "null", column: negation.column, isNull: false }];
};

const isBound = (test: Predicate): boolean =>
  (test.kind === "compare" && test.operator !== "=" && test.operator !== "!=") ||
  (test.kind === "startsWith" && !test.isNegated);
