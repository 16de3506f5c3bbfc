import { createLike } from "./like.ts";
import type { Operand, Operator, Parameter, Test, Value } from "./plan.ts";
import { compareValues } from "./value.ts";

/** True, false, or neither: `undefined` is what comes of NULL. */
export type Truth = boolean | undefined;

/** What a test is made of: columns of one row by their paths, and what a request brings. */
export type TestValues = {
  readonly column: (path: string) => Value | undefined;
  /** Elements of a list; `undefined` where no message stands around it. */
  readonly elements: (path: string) => readonly Value[] | undefined;
  readonly operand: (operand: Operand) => Value | undefined;
  /** `undefined` where no message stands around it. */
  readonly list: (parameter: Parameter) => readonly Value[] | undefined;
};

/** What a test says of a row, by SQL's three-valued logic. */
export const truthOf = (test: Test, values: TestValues): Truth => {
  switch (test.kind) {
    case "null":
      return (values.column(test.column) === undefined) === test.isNull;
    case "compare":
      return compare(values.column(test.column), test.operator, values.operand(test.operand));
    case "columns":
      return compare(values.column(test.left), test.operator, values.column(test.right));
    case "in":
      return isAmong(values.column(test.column), test.operands.map(values.operand));
    case "inList":
      return negated(isElement(values.column(test.column), values.list(test.list)), test.isNegated);
    case "contains":
      return negated(isElement(values.operand(test.operand), values.elements(test.column)), test.isNegated);
    case "elementOf":
      return negated(isElement(values.column(test.column), values.elements(test.list)), test.isNegated);
    case "startsWith": {
      const [text, prefix] = [values.column(test.column), values.operand(test.prefix)];
      const isKnown = typeof text === "string" && typeof prefix === "string";
      return negated(isKnown ? text.startsWith(prefix) : undefined, test.isNegated);
    }
    case "like": {
      const [text, pattern] = [values.column(test.column), values.operand(test.pattern)];
      const isKnown = typeof text === "string" && typeof pattern === "string";
      return negated(isKnown ? createLike(pattern)(text) : undefined, test.isNegated);
    }
    case "likeRange":
      throw new Error("a stretch of an index stands in plans only, beside the pattern it is of");
  }
};

export const not = (truth: Truth): Truth => (truth === undefined ? undefined : !truth);

export const and = (a: Truth, b: Truth): Truth => {
  if (a === false || b === false) return false;
  return a === undefined || b === undefined ? undefined : true;
};

const negated = (truth: Truth, isNegated: boolean): Truth => (isNegated ? not(truth) : truth);

const isAmong = (value: Value | undefined, list: readonly (Value | undefined)[]): Truth => {
  if (value === undefined) return undefined;
  if (list.some((each) => each !== undefined && compareValues(value, each) === 0)) return true;
  return list.includes(undefined) ? undefined : false;
};

const isElement = (value: Value | undefined, elements: readonly Value[] | undefined): Truth =>
  elements === undefined ? undefined : isAmong(value, elements);

const compare = (left: Value | undefined, operator: Operator, right: Value | undefined): Truth =>
  left === undefined || right === undefined ? undefined : agrees(compareValues(left, right), operator);

/** Does a comparison that came out less than, equal to or more than 0 make the operator true? */
export const agrees = (order: number, operator: Operator): boolean => {
  switch (operator) {
    case "=":
      return order === 0;
    case "!=":
      return order !== 0;
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
  }
};
