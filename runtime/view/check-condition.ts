import type { Condition, Expression } from "./ast.ts";
import type { Scope, TypedColumn } from "./check-scope.ts";
import type { CheckedCondition } from "./checked.ts";
import { columnTypeOf, describeType, type FieldType, fits } from "./field-type.ts";
import { literalAs } from "./literal.ts";
import type { Operand, Operator } from "./plan.ts";

/** The condition against the messages of the scope; `undefined` when something in it was reported. */
export const checkCondition = (condition: Condition, scope: Scope): CheckedCondition | undefined => {
  switch (condition.kind) {
    case "and":
    case "or": {
      const left = checkCondition(condition.left, scope);
      const right = checkCondition(condition.right, scope);
      return left && right && { kind: condition.kind, left, right };
    }
    case "not": {
      const inner = checkCondition(condition.condition, scope);
      return inner && { kind: "not", condition: inner };
    }
    case "compare":
      return checkComparison(condition, scope);
    case "in": {
      const subject = checkSubject(condition.subject, "IN", scope);
      if (subject === undefined) return undefined;
      const operands = condition.values.map((value) => checkOperand(value, subject, scope));
      const known = operands.filter((operand) => operand !== undefined);
      return known.length < operands.length ? undefined : { kind: "in", column: subject.column.path, operands: known };
    }
    case "null": {
      const subject = checkSubject(condition.subject, "IS NULL", scope);
      return subject && { kind: "null", column: subject.column.path, isNull: condition.isNull };
    }
    case "like":
      return unsupported(condition, "LIKE", scope);
    case "startsWith":
      return unsupported(condition, "STARTS_WITH", scope);
    case "any":
      return unsupported(condition, "= ANY", scope);
    case "textSearch":
      return unsupported(condition, "text_search", scope);
  }
};

const unsupported = (node: { readonly offset: number }, what: string, scope: Scope): undefined =>
  scope.report("QUERY_NOT_SUPPORTED", node, `${what} is not supported yet`, "write it with =, !=, <, <=, > or >=");

const checkSubject = (subject: Expression, what: string, scope: Scope): TypedColumn | undefined => {
  if (subject.kind === "path") return scope.column(subject);
  return scope.report(
    "QUERY_NOT_SUPPORTED",
    subject,
    `${what} after a value or a parameter is not supported yet`,
    `write a column before ${what}`,
  );
};

const flipped: Readonly<Record<Operator, Operator>> = {
  "=": "=",
  "!=": "!=",
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
};

const checkComparison = (
  node: Condition & { readonly kind: "compare" },
  scope: Scope,
): CheckedCondition | undefined => {
  const { left, right } = node;
  if (left.kind === "path" && right.kind === "path") {
    scope.column(left);
    scope.column(right);
    return unsupported(node, "comparing a column with a column", scope);
  }
  if (left.kind !== "path" && right.kind !== "path") {
    return scope.report(
      "QUERY_NOT_SUPPORTED",
      node,
      "a comparison without a column is not supported",
      "name a column on one side",
    );
  }
  const [subject, value, operator] =
    left.kind === "path"
      ? [scope.column(left), right, node.operator]
      : [checkSubject(right, "=", scope), left, flipped[node.operator]];
  if (subject === undefined) {
    if (value.kind === "parameter") scope.parameter(value);
    return undefined;
  }
  const operand = checkOperand(value, subject, scope);
  if (!isOrdered(subject.type) && operator !== "=" && operator !== "!=") {
    return scope.report(
      "NOT_COMPARABLE",
      node,
      `column "${subject.column.path}" is ${describeType(subject.type)}, which has no order for ${node.operator}`,
      "compare it with = or !=",
    );
  }
  return operand && { kind: "compare", column: subject.column.path, operator, operand };
};

/** Bytes and enum values are equal or not; neither has an order that both stores share and readers expect. */
const isOrdered = (type: FieldType): boolean => {
  const column = columnTypeOf(type);
  return column !== "bytes" && column !== "enum";
};

const checkOperand = (value: Expression, subject: TypedColumn, scope: Scope): Operand | undefined => {
  if (value.kind === "path") return unsupported(value, "comparing a column with a column", scope);
  if (value.kind !== "parameter") {
    const outcome = literalAs(value, subject.type);
    if (outcome.kind === "value") return { kind: "literal", value: outcome.value };
    const { code, text, remedy } = outcome.problem;
    return scope.report(code, value, `column "${subject.column.path}": ${text}`, remedy);
  }
  const found = scope.parameter(value);
  if (found === undefined) return undefined;
  const isInteger = found.parameter.type === "integer" && subject.column.type === "integer";
  if (isInteger || fits(found.type, subject.type)) return { kind: "parameter", parameter: found.parameter };
  return scope.report(
    "TYPE_MISMATCH",
    value,
    `column "${subject.column.path}" is ${describeType(subject.type)}, parameter ":${found.parameter.name}" is ${describeType(found.type)}`,
    `make the field "${found.parameter.name}" of ${scope.request.typeName} ${describeType(subject.type)}`,
  );
};
