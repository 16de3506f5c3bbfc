import type { Message } from "../codec.ts";
import type { CheckedCondition } from "./checked.ts";
import { columnsOf } from "./column-value.ts";
import { guardHolds, listValues, operandValue } from "./parameters.ts";
import type { Column } from "./plan.ts";
import { and, not, type TestValues, type Truth, truthOf } from "./truth.ts";

/** Says of one row and request whether a condition holds, by the condition alone and without a plan. */
export const createMatcher = (
  condition: CheckedCondition | undefined,
  columns: readonly Column[],
): ((row: Message, request: Message) => Truth) => {
  const holds = (tested: CheckedCondition, values: TestValues, request: Message): Truth => {
    switch (tested.kind) {
      case "and":
        return and(holds(tested.left, values, request), holds(tested.right, values, request));
      case "or":
        return not(and(not(holds(tested.left, values, request)), not(holds(tested.right, values, request))));
      case "not":
        return not(holds(tested.condition, values, request));
      case "guard":
        return guardHolds(tested, request);
      default:
        return truthOf(tested, values);
    }
  };

  return (row, request) => {
    if (condition === undefined) return true;
    const values: TestValues = {
      ...columnsOf(row, columns),
      operand: (operand) => operandValue(operand, request),
      list: (parameter) => listValues(parameter, request),
    };
    return holds(condition, values, request);
  };
};
