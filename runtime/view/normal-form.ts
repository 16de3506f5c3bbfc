import type { CheckedCondition } from "./checked.ts";
import type { Guard, Operator, Test } from "./plan.ts";

export const maxDisjuncts = 16;
/** SQLite refuses expressions a thousand levels deep, and each AND is a level. */
export const maxTests = 200;

/**
 * The condition as an OR of ANDs, without NOT, equal tests and equal ANDs once; `undefined` when that takes
 * more than `maxDisjuncts`, or one of them more than `maxTests`. It is true for exactly the rows the condition is true for, NULLs included:
 * De Morgan's laws hold in three-valued logic, and a negated comparison is NULL where the comparison is.
 */
export const disjunctiveForm = (condition: CheckedCondition): Literal[][] | undefined => expand(condition, false);

/** What an AND is made of once there is no NOT. */
export type Literal = Test | Guard;

const expand = (condition: CheckedCondition, isNegated: boolean): Literal[][] | undefined => {
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

const bounded = (disjuncts: Literal[][]): Literal[][] | undefined => {
  const unique = new Map<string, Literal[]>();
  for (const disjunct of disjuncts) {
    const tests = new Map(disjunct.map((literal) => [keyOf(literal), literal]));
    if (tests.size > maxTests) return undefined;
    unique.set([...tests.keys()].sort().join(), [...tests.values()]);
  }
  return unique.size > maxDisjuncts ? undefined : [...unique.values()];
};

/** One spelling of equal literals. */
export const keyOf = (literal: Literal): string =>
  JSON.stringify(literal, (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value));

const opposite: Readonly<Record<Operator, Operator>> = {
  "=": "!=",
  "!=": "=",
  "<": ">=",
  ">=": "<",
  ">": "<=",
  "<=": ">",
};

const negate = (literal: Literal): Literal[][] => {
  switch (literal.kind) {
    case "compare":
    case "columns":
      return [[{ ...literal, operator: opposite[literal.operator] }]];
    case "null":
    case "guard":
      return [[{ ...literal, isNull: !literal.isNull }]];
    case "in": {
      const { column, operands } = literal;
      return [operands.map((operand) => ({ kind: "compare", column, operator: "!=", operand }))];
    }
    case "inList":
    case "contains":
    case "elementOf":
    case "like":
    case "startsWith":
      return [[{ ...literal, isNegated: !literal.isNegated }]];
    case "likeRange":
      throw new Error("a stretch of an index stands in plans only");
  }
};
