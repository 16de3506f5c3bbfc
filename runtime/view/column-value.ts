import type { Message } from "../codec.ts";
import { reversed } from "./like.ts";
import type { Column, Operand, Value } from "./plan.ts";
import { type TestValues, truthOf } from "./truth.ts";
import { readPath, toValue } from "./value.ts";

/**
 * What a row holds in a column that is no list; `undefined` is NULL. Throws UNSUPPORTED_VALUE, naming the column, on
 * a value that not every store could hold.
 */
export const columnValue = (row: Message, column: Column): Value | undefined => {
  const { computed } = column;
  switch (computed?.kind) {
    case undefined:
      return toValue(readPath(row, column.steps), column.type, nameOf(column));
    case "reversed": {
      const text = toValue(readPath(row, column.steps), "string", nameOf(column));
      return typeof text === "string" ? reversed(text) : undefined;
    }
    case "presence":
      return (readPath(row, column.steps) ?? undefined) === undefined ? undefined : true;
    case "test":
      return truthOf(computed.test, { ...columnsOf(row, computed.columns), ...withoutRequest });
  }
};

/** The elements of a list column; `undefined` where no message stands around it. */
export const columnElements = (row: Message, column: Column): readonly Value[] | undefined => {
  const raw = readPath(row, column.steps);
  if (!Array.isArray(raw)) return undefined;
  return raw.flatMap((each: unknown) => toValue(each, column.type, nameOf(column)) ?? []);
};

/** The columns of a row, for a test. */
export const columnsOf = (row: Message, columns: readonly Column[]): Pick<TestValues, "column" | "elements"> => {
  const named = (path: string): Column => {
    const column = columns.find((each) => each.path === path);
    if (column === undefined) throw new Error(`a test reads "${path}", which is no column of its query`);
    return column;
  };
  return {
    column: (path) => columnValue(row, named(path)),
    elements: (path) => columnElements(row, named(path)),
  };
};

const withoutRequest: Pick<TestValues, "operand" | "list"> = {
  operand: (operand: Operand) => (operand.kind === "literal" ? operand.value : refuse(operand.parameter.name)),
  list: ({ name }) => refuse(name),
};

const refuse = (name: string): never => {
  throw new Error(`a column is computed without a request, but needs ":${name}"`);
};

const nameOf = ({ path }: Column): string => `column "${path}"`;
