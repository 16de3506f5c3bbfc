import type { CheckedQuery } from "./checked.ts";
import { lowerTest, reversedColumn } from "./lower.ts";
import { disjunctiveForm, keyOf, type Literal, maxDisjuncts, maxTests } from "./normal-form.ts";
import type { Column, Disjunct, Guard, Plan, Predicate } from "./plan.ts";
import { type Outcome, ok, type Problem, problems } from "./problem.ts";

/** A query's way to its rows. `offset` is where the caret goes if there is none. */
export const planQuery = (query: CheckedQuery, offset: number): Outcome<Plan> => {
  const { table, where, order, limit } = query;
  const conjunctions = where === undefined ? [[]] : disjunctiveForm(where);
  if (conjunctions === undefined) return problems([tooComplex(offset)]);
  const columns = new Map(query.columns.map((column) => [column.path, column]));
  const ordered = order.map(({ column }) => column);
  const disjuncts = conjunctions.flatMap((literals) => planConjunction(literals, columns, ordered));
  if (disjuncts.length > maxDisjuncts) return problems([tooComplex(offset)]);
  const lost = disjuncts.find(({ index, residual }) => index.length === 0 && residual.length > 0);
  if (lost !== undefined) return problems([unindexable(lost, offset)]);
  return ok({
    table,
    columns: usedColumns(columns, disjuncts, ordered),
    disjuncts,
    order,
    offset: query.offset,
    limit,
  });
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
  ordered: readonly string[],
): readonly Column[] => {
  const used = new Set(ordered);
  for (const { index, equal, range, residual } of disjuncts) {
    for (const path of index) used.add(path);
    for (const { column } of [...equal, ...range, ...residual]) used.add(column);
  }
  return [...columns.values()].filter(({ path }) => used.has(path));
};

/** Notes the columns that have to be computed in `columns`. */
const planConjunction = (
  literals: readonly Literal[],
  columns: Map<string, Column>,
  ordered: readonly string[],
): Disjunct[] => {
  const guards = literals.filter((literal): literal is Guard => literal.kind === "guard");
  const predicates = new Map<string, Predicate>();
  for (const literal of literals) {
    if (literal.kind === "guard") continue;
    const lowered = lowerTest(literal, columns);
    for (const column of lowered.computed) columns.set(column.path, column);
    for (const predicate of lowered.predicates) predicates.set(keyOf(predicate), predicate);
  }
  const isList = (column: string): boolean => columns.get(column)?.isList === true;
  const disjunct = planDisjunct([...predicates.values()], ordered, isList);
  const disjuncts = disjunct.index.length > 0 ? [disjunct] : planPattern(disjunct, columns);
  return disjuncts.map((each) => (guards.length === 0 ? each : { ...each, guards }));
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
    index: [path],
    range: [{ kind: "likeRange", column: path, pattern: like.pattern, side: i === 0 ? "start" : "end" }],
  }));
};

/** Equality columns, then those of the order, then one column's range; whatever else is left is residual. */
const planDisjunct = (
  tests: readonly Predicate[],
  ordered: readonly string[],
  isList: (column: string) => boolean,
): Disjunct => {
  const equal = chooseEqual(tests, isList);
  const fixed = new Set(equal.map(({ column }) => column));
  const open = tests.filter(({ column }) => !fixed.has(column) && !isList(column));
  const range = chooseRange(open, equal.length === 0 && ordered.length === 0);
  const used = new Set([...equal, ...range]);
  const columns = [...fixed, ...ordered, ...range.map(({ column }) => column)];
  return { index: [...new Set(columns)], equal, range, residual: tests.filter((test) => !used.has(test)) };
};

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
