import type { Message } from "../codec.ts";
import type { CheckedCondition } from "./checked.ts";
import { operandValue } from "./parameters.ts";
import type { Column, Operator, Predicate } from "./plan.ts";
import { compareValues, readPath, toValue } from "./value.ts";

/** True, false, or neither: `undefined` is what comes of NULL. */
export type Truth = boolean | undefined;

/** Says of one row and request whether a condition holds, by the condition alone and without a plan. */
export const createMatcher = (
  condition: CheckedCondition | undefined,
  columns: readonly Column[],
): ((row: Message, request: Message) => Truth) => {
  const byPath = new Map(columns.map((column) => [column.path, column]));

  const holds = (tested: CheckedCondition, row: Message, request: Message): Truth => {
    switch (tested.kind) {
      case "and":
        return and(holds(tested.left, row, request), holds(tested.right, row, request));
      case "or":
        return not(and(not(holds(tested.left, row, request)), not(holds(tested.right, row, request))));
      case "not":
        return not(holds(tested.condition, row, request));
      default:
        return test(tested, row, request);
    }
  };

  const test = (predicate: Predicate, row: Message, request: Message): Truth => {
    const column = byPath.get(predicate.column);
    const value = column && toValue(readPath(row, column.steps), column.type, `column "${column.path}"`);
    if (predicate.kind === "null") return (value === undefined) === predicate.isNull;
    if (value === undefined) return undefined;
    if (predicate.kind === "in") {
      return predicate.operands.some((operand) => compareValues(value, operandValue(operand, request)) === 0);
    }
    return agrees(compareValues(value, operandValue(predicate.operand, request)), predicate.operator);
  };

  return (row, request) => condition === undefined || holds(condition, row, request);
};

const not = (truth: Truth): Truth => (truth === undefined ? undefined : !truth);
const and = (a: Truth, b: Truth): Truth => {
  if (a === false || b === false) return false;
  return a === undefined || b === undefined ? undefined : true;
};

const agrees = (order: number, operator: Operator): boolean => {
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
