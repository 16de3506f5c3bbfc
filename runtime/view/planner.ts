import type { CheckedQuery } from "./checked.ts";
import { disjunctiveForm, maxDisjuncts, maxTests } from "./normal-form.ts";
import type { Disjunct, Plan, Predicate } from "./plan.ts";
import { type Outcome, ok, problems } from "./problem.ts";

/** A query's way to its rows. `offset` is where the caret goes if there is none. */
export const planQuery = (query: CheckedQuery, offset: number): Outcome<Plan> => {
  const { table, columns, where, order, limit } = query;
  const conjunctions = where === undefined ? [[]] : disjunctiveForm(where);
  if (conjunctions === undefined) {
    return problems([
      {
        code: "QUERY_TOO_COMPLEX",
        text: `written as an OR of ANDs, the condition has more than ${maxDisjuncts} alternatives, or one of more than ${maxTests} tests`,
        remedy: "split the query into several, or write alternatives of one column with IN",
        offset,
      },
    ]);
  }
  const ordered = order.map(({ column }) => column);
  const disjuncts = conjunctions.map((tests) => planDisjunct(tests, ordered));
  return ok({ table, columns, disjuncts, order, offset: query.offset, limit });
};

/** Equality columns, then those of the order, then one column's range; whatever else is left is residual. */
const planDisjunct = (tests: readonly Predicate[], ordered: readonly string[]): Disjunct => {
  const equal = chooseEqual(tests);
  const fixed = new Set(equal.map(({ column }) => column));
  const open = tests.filter(({ column }) => !fixed.has(column));
  const range = chooseRange(open, equal.length === 0 && ordered.length === 0);
  const used = new Set([...equal, ...range]);
  const columns = [...fixed, ...ordered, ...range.map(({ column }) => column)];
  return { index: [...new Set(columns)], equal, range, residual: tests.filter((test) => !used.has(test)) };
};

/** One test a column, in order of their names, so that equal sets of columns share an index. */
const chooseEqual = (tests: readonly Predicate[]): Predicate[] => {
  const rank = (test: Predicate): number => (test.kind === "compare" ? 0 : test.kind === "null" ? 1 : 2);
  const isEqual = (test: Predicate): boolean => {
    if (test.kind === "compare") return test.operator === "=";
    return test.kind === "in" || test.isNull;
  };
  const chosen = new Map<string, Predicate>();
  for (const test of tests.filter(isEqual)) {
    const present = chosen.get(test.column);
    if (present === undefined || rank(test) < rank(present)) chosen.set(test.column, test);
  }
  const byName = (a: Predicate, b: Predicate): number => (a.column < b.column ? -1 : 1);
  const isFixed = (test: Predicate): boolean => test.kind !== "in";
  const all = [...chosen.values()].sort(byName);
  // A single value keeps what follows it in the index sorted, a set of them does not.
  return [...all.filter(isFixed), ...all.filter((test) => !isFixed(test))];
};

/** The bounds of the column with most of them; else IS NOT NULL; else, where nothing narrows the rows, one `!=`. */
const chooseRange = (tests: readonly Predicate[], isAlone: boolean): Predicate[] => {
  const isBound = (test: Predicate): boolean =>
    test.kind === "compare" && test.operator !== "=" && test.operator !== "!=";
  const bounds = tests.filter(isBound);
  const boundsBeside = (test: Predicate): Predicate[] => bounds.filter(({ column }) => column === test.column);
  const [narrowest] = bounds.map(boundsBeside).toSorted((a, b) => b.length - a.length);
  if (narrowest !== undefined) return narrowest;
  const other =
    tests.find((test) => test.kind === "null") ??
    (isAlone ? tests.find((test) => test.kind === "compare" && test.operator === "!=") : undefined);
  return other === undefined ? [] : [other];
};
