import type { Message } from "../codec.ts";
import type { CheckedCondition } from "./checked.ts";
import { columnsOf } from "./column-value.ts";
import { createMemo } from "./memo.ts";
import { guardHolds, isUnset, listValues, operandValue } from "./parameters.ts";
import type { Column, Operand, Parameter } from "./plan.ts";
import { and, not, type TestValues, type Truth, truthOf } from "./truth.ts";

/**
 * Says of one row and request whether a condition holds, by the condition alone and without a plan. Made for one row
 * that many requests ask about, again and again: it reads each but once, and neither may change.
 */
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

  type OfRequest = Pick<TestValues, "operand" | "list">;
  const requests = new WeakMap<Message, OfRequest>();
  const readRequest = (request: Message): OfRequest => {
    const present = requests.get(request);
    if (present !== undefined) return present;
    const read: OfRequest = {
      operand: createMemo((operand: Operand) => operandValue(operand, request)),
      list: createMemo((parameter: Parameter) =>
        parameter.isNullable === true && isUnset(parameter, request) ? undefined : listValues(parameter, request),
      ),
    };
    requests.set(request, read);
    return read;
  };

  let last: { readonly row: Message; readonly values: ReturnType<typeof columnsOf> } | undefined;
  const readRow = (row: Message): ReturnType<typeof columnsOf> => {
    if (last?.row !== row) {
      const { column, elements } = columnsOf(row, columns);
      last = { row, values: { column: createMemo(column), elements: createMemo(elements) } };
    }
    return last.values;
  };

  return (row, request) => {
    if (condition === undefined) return true;
    const { column, elements } = readRow(row);
    const { operand, list } = readRequest(request);
    return holds(condition, { column, elements, operand, list }, request);
  };
};
