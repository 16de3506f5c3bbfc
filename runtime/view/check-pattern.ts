import type { Condition, Expression, ParameterRef } from "./ast.ts";
import { checkOperand } from "./check-operand.ts";
import type { Scope } from "./check-scope.ts";
import { areComparable, describeType } from "./field-type.ts";
import { excessiveLength, maxPattern } from "./like.ts";
import type { Operand, Test } from "./plan.ts";

/** `column LIKE pattern` and `column STARTS_WITH prefix`. */
export const checkStartOrPattern = (
  node: Condition & { readonly kind: "like" | "startsWith" },
  scope: Scope,
): Test | undefined => {
  const what = node.kind === "like" ? "LIKE" : "STARTS_WITH";
  if (node.subject.kind !== "path") {
    return scope.report(
      "QUERY_NOT_SUPPORTED",
      node.subject,
      `${what} after a value is not supported`,
      `write a column before ${what}`,
    );
  }
  const subject = scope.column(node.subject);
  if (subject === undefined) return undefined;
  const { path: column, type } = subject.column;
  if (type !== "string") {
    const fault = `${what} reads text, and column "${column}" is ${describeType(subject.type)}`;
    return scope.report("TYPE_MISMATCH", node, fault, "compare it with =, !=, <, <=, > or >=");
  }
  const operand = checkOperand(node.pattern, subject, scope);
  if (operand === undefined) return undefined;
  if (node.kind === "startsWith") return { kind: "startsWith", column, prefix: operand, isNegated: false };
  const pattern = checkPattern(operand, node.pattern, scope);
  return pattern && { kind: "like", column, pattern, isNegated: false };
};

/** A pattern of the request is measured when it comes. */
const checkPattern = (operand: Operand, node: Expression, scope: Scope): Operand | undefined => {
  if (operand.kind === "parameter") {
    return { kind: "parameter", parameter: { ...operand.parameter, isPattern: true } };
  }
  const length = excessiveLength(String(operand.value));
  if (length === undefined) return operand;
  const fault = `the pattern has ${length} characters, and LIKE takes at most ${maxPattern}`;
  return scope.report("QUERY_TOO_COMPLEX", node, fault, "shorten it, or write STARTS_WITH or = if it has no wildcard");
};

/** `column = ANY(:list)`. */
export const checkInList = (
  node: Condition & { readonly kind: "any" },
  array: ParameterRef,
  scope: Scope,
): Test | undefined => {
  if (node.left.kind !== "path") {
    return scope.report("QUERY_NOT_SUPPORTED", node, "a comparison without a column is not supported", "name a column");
  }
  const subject = scope.column(node.left);
  const list = scope.listParameter(array);
  if (subject === undefined || list === undefined) return undefined;
  if (areComparable(list.type, subject.type)) {
    return { kind: "inList", column: subject.column.path, list: list.parameter, isNegated: false };
  }
  return scope.report(
    "TYPE_MISMATCH",
    array,
    `column "${subject.column.path}" is ${describeType(subject.type)}, parameter ":${list.parameter.name}" holds ${describeType(list.type)}`,
    `make the field "${list.parameter.name}" of ${scope.request.typeName} repeated ${describeType(subject.type)}`,
  );
};

/** `value = ANY(column)`, of a literal, a parameter or another column. */
export const checkElement = (node: Condition & { readonly kind: "any" }, scope: Scope): Test | undefined => {
  const { left, array } = node;
  if (array.kind !== "path") {
    return scope.report("QUERY_SYNTAX", array, "ANY takes a list", "name a repeated column or a repeated :parameter");
  }
  const list = scope.listColumn(array);
  if (left.kind !== "path") {
    const operand = list && checkOperand(left, list, scope);
    return operand && { kind: "contains", column: list.column.path, operand, isNegated: false };
  }
  const subject = scope.column(left);
  if (list === undefined || subject === undefined) return undefined;
  if (areComparable(subject.type, list.type)) {
    return { kind: "elementOf", column: subject.column.path, list: list.column.path, isNegated: false };
  }
  return scope.report(
    "TYPE_MISMATCH",
    node,
    `column "${subject.column.path}" is ${describeType(subject.type)}, column "${list.column.path}" holds ${describeType(list.type)}`,
    "compare columns of one type",
  );
};
