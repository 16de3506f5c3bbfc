import type { Message } from "../../codec.ts";
import type { CheckedCondition } from "../checked.ts";
import { operandValue } from "../parameters.ts";
import type { Column, Operand, Value } from "../plan.ts";
import { readPath, toValue } from "../value.ts";

/**
 * The test of a condition by which its watchers can be told apart: without it being true, the whole is not. A row and
 * a request that pass it give the same text.
 */
export type Equality = {
  readonly ofRow: (row: Message) => string | undefined;
  /** Throws MISSING_PARAMETER. */
  readonly ofRequest: (request: Message) => string;
};

/** The first `column = :parameter` that every match has to pass, if there is one. */
export const equalityOf = (
  condition: CheckedCondition | undefined,
  columns: readonly Column[],
): Equality | undefined => {
  const test = condition && findTest(condition);
  const column = test && columns.find(({ path, computed }) => path === test.column && computed === undefined);
  if (test === undefined || column === undefined) return undefined;
  return {
    ofRow(row) {
      const value = toValue(readPath(row, column.steps), column.type, `column "${column.path}"`);
      return value === undefined ? undefined : textOf(value);
    },
    ofRequest(request) {
      const value = operandValue(test.operand, request);
      return value === undefined ? unset : textOf(value);
    },
  };
};

/** No row has it: nothing equals a parameter that is unset. */
const unset = "\0";

type EqualityTest = { readonly column: string; readonly operand: Operand };

const findTest = (condition: CheckedCondition): EqualityTest | undefined => {
  if (condition.kind === "and") return findTest(condition.left) ?? findTest(condition.right);
  const isTest = condition.kind === "compare" && condition.operator === "=" && condition.operand.kind === "parameter";
  return isTest ? condition : undefined;
};

/** Of two values of one type the texts are equal when the values are; the two zeros are one. */
const textOf = (value: Value): string =>
  value instanceof Uint8Array ? Buffer.from(value).toString("base64") : String(value);
