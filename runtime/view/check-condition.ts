import type { Condition, Expression } from "./ast.ts";
import { checkOperand } from "./check-operand.ts";
import { checkElement, checkInList, checkStartOrPattern } from "./check-pattern.ts";
import type { Scope, TypedColumn } from "./check-scope.ts";
import type { CheckedCondition } from "./checked.ts";
import { areComparable, columnTypeOf, describeType, type FieldType } from "./field-type.ts";
import { pathText } from "./paths.ts";
import type { Operator } from "./plan.ts";

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
    case "in":
      return checkIn(condition, scope);
    case "null":
      return checkNull(condition, scope);
    case "like":
    case "startsWith":
      return checkStartOrPattern(condition, scope);
    case "any":
      return condition.array.kind === "parameter"
        ? checkInList(condition, condition.array, scope)
        : checkElement(condition, scope);
    case "textSearch":
      return scope.report(
        "QUERY_NOT_SUPPORTED",
        condition,
        "text_search is not supported yet",
        "write LIKE or STARTS_WITH",
      );
  }
};

/** Parameters that a condition asks to be set, by their paths. */
export const nullableParameters = (condition: Condition | undefined): ReadonlySet<string> => {
  const names = new Set<string>();
  const visit = (each: Condition): void => {
    if (each.kind === "not") visit(each.condition);
    else if (each.kind === "and" || each.kind === "or") {
      visit(each.left);
      visit(each.right);
    } else if (each.kind === "null" && each.subject.kind === "parameter") names.add(pathText(each.subject.names));
  };
  if (condition !== undefined) visit(condition);
  return names;
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
  const { left, operator, right } = node;
  if (left.kind === "path" && right.kind === "path") {
    const [a, b] = [scope.column(left), scope.column(right)];
    if (a === undefined || b === undefined) return undefined;
    if (!isOrderable(node, operator, a, scope)) return undefined;
    if (areComparable(a.type, b.type)) {
      return { kind: "columns", left: a.column.path, operator, right: b.column.path };
    }
    return scope.report(
      "TYPE_MISMATCH",
      node,
      `column "${a.column.path}" is ${describeType(a.type)}, column "${b.column.path}" is ${describeType(b.type)}`,
      "compare columns of one type",
    );
  }
  if (left.kind !== "path" && right.kind !== "path") {
    return scope.report(
      "QUERY_NOT_SUPPORTED",
      node,
      "a comparison without a column is not supported",
      "name a column on one side",
    );
  }
  const [path, value, sign] = left.kind === "path" ? [left, right, operator] : [right, left, flipped[operator]];
  const subject = path.kind === "path" ? scope.column(path) : undefined;
  if (subject === undefined) {
    if (value.kind === "parameter") scope.parameter(value);
    return undefined;
  }
  const operand = checkOperand(value, subject, scope);
  if (!isOrderable(node, sign, subject, scope)) return undefined;
  return operand && { kind: "compare", column: subject.column.path, operator: sign, operand };
};

const isOrderable = (node: Condition, operator: Operator, { column, type }: TypedColumn, scope: Scope): boolean => {
  if (operator === "=" || operator === "!=" || isOrdered(type)) return true;
  const fault = `column "${column.path}" is ${describeType(type)}, which has no order for ${operator}`;
  scope.report("NOT_COMPARABLE", node, fault, "compare it with = or !=");
  return false;
};

/** Bytes and enum values are equal or not; neither has an order that both stores share and readers expect. */
export const isOrdered = (type: FieldType): boolean => {
  const column = columnTypeOf(type);
  return column !== "bytes" && column !== "enum";
};

const checkIn = (node: Condition & { readonly kind: "in" }, scope: Scope): CheckedCondition | undefined => {
  const { subject, values } = node;
  if (subject.kind !== "path") return reportSubject(subject, "IN", scope);
  const column = scope.column(subject);
  if (column === undefined) return undefined;
  const operands = values.map((value) => checkOperand(value, column, scope));
  const known = operands.filter((operand) => operand !== undefined);
  return known.length < operands.length ? undefined : { kind: "in", column: column.column.path, operands: known };
};

const reportSubject = (subject: Expression, what: string, scope: Scope): undefined =>
  scope.report(
    "QUERY_NOT_SUPPORTED",
    subject,
    `${what} after a value is not supported`,
    `write a column before ${what}`,
  );

const checkNull = (node: Condition & { readonly kind: "null" }, scope: Scope): CheckedCondition | undefined => {
  const { subject, isNull } = node;
  if (subject.kind === "path") {
    const column = scope.presence(subject);
    return column && { kind: "null", column: column.path, isNull };
  }
  if (subject.kind !== "parameter") return reportSubject(subject, "IS NULL", scope);
  const path = scope.requestPath(subject);
  if (path === undefined) return undefined;
  const type = columnTypeOf(path.type) ?? "bool";
  return { kind: "guard", parameter: { name: path.text, steps: path.steps, type, isNullable: true }, isNull };
};
