import type { CheckedCondition } from "./checked.ts";
import type { Operator, Predicate } from "./plan.ts";

export const maxDisjuncts = 16;
/** SQLite refuses expressions a thousand levels deep, and each AND is a level. */
export const maxTests = 200;

/**
 * The condition as an OR of ANDs, without NOT, equal tests and equal ANDs once; `undefined` when that takes
 * more than `maxDisjuncts`, or one of them more than `maxTests`. It is true for exactly the rows the condition is true for, NULLs included:
 * De Morgan's laws hold in three-valued logic, and a negated comparison is NULL where the comparison is.
 */
export const disjunctiveForm = (condition: CheckedCondition): Predicate[][] | undefined => expand(condition, false);

const expand = (condition: CheckedCondition, isNegated: boolean): Predicate[][] | undefined => {
  switch (condition.kind) {
    case "not":
      return expand(condition.condition, !isNegated);
    case "and":
    case "or": {
      const left = expand(condition.left, isNegated);
      const right = left && expand(condition.right, isNegated);
      if (left === undefined || right === undefined) return undefined;
      const isAnd = (condition.kind === "and") !== isNegated;
      return bounded(isAnd ? left.flatMap((a) => right.map((b) => [...a, ...b])) : [...left, ...right]);
    }
    default:
      return isNegated ? bounded(negate(condition)) : [[condition]];
  }
};

const bounded = (disjuncts: Predicate[][]): Predicate[][] | undefined => {
  const unique = new Map<string, Predicate[]>();
  for (const disjunct of disjuncts) {
    const tests = new Map(disjunct.map((predicate) => [keyOf(predicate), predicate]));
    if (tests.size > maxTests) return undefined;
    unique.set([...tests.keys()].sort().join(), [...tests.values()]);
  }
  return unique.size > maxDisjuncts ? undefined : [...unique.values()];
};

const keyOf = (predicate: Predicate): string =>
  JSON.stringify(predicate, (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value));

const opposite: Readonly<Record<Operator, Operator>> = {
  "=": "!=",
  "!=": "=",
  "<": ">=",
  ">=": "<",
  ">": "<=",
  "<=": ">",
};

const negate = (predicate: Predicate): Predicate[][] => {
  const { column } = predicate;
  switch (predicate.kind) {
    case "compare":
      return [[{ ...predicate, operator: opposite[predicate.operator] }]];
    case "null":
      return [[{ ...predicate, isNull: !predicate.isNull }]];
    case "in":
      return [predicate.operands.map((operand) => ({ kind: "compare", column, operator: "!=", operand }))];
  }
};
