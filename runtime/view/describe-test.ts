import type { Literal } from "./normal-form.ts";
import type { Operand, Value } from "./plan.ts";

/** A test of a plan in the words of the query language, where it has them. */
export const describeTest = (test: Literal): string => {
  switch (test.kind) {
    case "compare":
      return `${test.column} ${test.operator} ${describeOperand(test.operand)}`;
    case "in":
      return `${test.column} IN (${test.operands.map(describeOperand).join(", ")})`;
    case "null":
      return `${test.column} IS ${test.isNull ? "" : "NOT "}NULL`;
    case "inList":
      return `${not(test)}${test.column} = ANY(:${test.list.name})`;
    case "contains":
      return `${not(test)}${describeOperand(test.operand)} = ANY(${test.column})`;
    case "like":
      return `${not(test)}${test.column} LIKE ${describeOperand(test.pattern)}`;
    case "startsWith":
      return `${not(test)}${test.column} STARTS_WITH ${describeOperand(test.prefix)}`;
    case "likeRange":
      return `${test.column} in the range of the fixed ${test.side} of ${describeOperand(test.pattern)}`;
    case "columns":
      return `${test.left} ${test.operator} ${test.right}`;
    case "elementOf":
      return `${not(test)}${test.column} = ANY(${test.list})`;
    case "guard":
      return `:${test.parameter.name} IS ${test.isNull ? "" : "NOT "}NULL`;
  }
};

const not = ({ isNegated }: { readonly isNegated: boolean }): string => (isNegated ? "NOT " : "");

/** What a test compares with, as the query language spells it. */
export const describeOperand = (operand: Operand): string =>
  operand.kind === "literal" ? describeValue(operand.value) : `:${operand.parameter.name}`;

const describeValue = (value: Value): string => {
  if (value instanceof Uint8Array) return `x'${Buffer.from(value).toString("hex")}'`;
  return typeof value === "string" ? `'${value.replaceAll("'", "''")}'` : String(value);
};
