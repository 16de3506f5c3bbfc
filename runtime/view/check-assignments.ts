import type { DescField, DescMessage } from "@bufbuild/protobuf";
import type { Item, LiteralNode, Name } from "./ast.ts";
import type { Scope } from "./check-scope.ts";
import { summarySource } from "./check-summary.ts";
import type { Assignment, ResultSource } from "./checked.ts";
import { describeType, type FieldType, fieldTypeOf, fits } from "./field-type.ts";
import { literalAs } from "./literal.ts";
import { fieldStep } from "./paths.ts";
import { literalField } from "./result-literal.ts";
import { closest, didYouMean } from "./suggest.ts";

/** Functions are `of all rows`: there is a value of them where no single row is looked at. */
export type Extent = "of all rows" | "of each row";

/** Items made of one row, the request and literals, into fields of a message. */
export const checkAssignments = (
  items: readonly Item[],
  scope: Scope,
  target: DescMessage,
): readonly Assignment[] | undefined => assignmentsOf(items, scope, target, [], "of each row");

/** Every item into its field, each field once; `undefined` when something was reported. */
export const assignmentsOf = (
  items: readonly Item[],
  scope: Scope,
  target: DescMessage,
  taken: readonly DescField[],
  extent: Extent,
): readonly Assignment[] | undefined => {
  const used = new Set(taken.map(slotOf));
  const assignments = items.map((item): Assignment | undefined => {
    const name = nameOf(item, target);
    const field = name && findField(name, scope, target);
    const source = checkSource(item, field, scope, target, extent);
    if (field === undefined || source === undefined || name === undefined) return undefined;
    if (used.has(slotOf(field))) {
      return scope.report("RESULT_SHAPE", name, `"${slotOf(field)}" is given twice`, "take one out, or name another");
    }
    used.add(slotOf(field));
    return { target: fieldStep(field), source };
  });
  const known = assignments.filter((assignment) => assignment !== undefined);
  return known.length === assignments.length ? known : undefined;
};

/** Does the item need a row? */
export const readsRows = (item: Item): boolean => {
  switch (item.kind) {
    case "star":
    case "collect":
      return true;
    case "value":
      return item.value.kind === "path";
    case "group":
      return item.items.some(readsRows);
    case "function":
      return false;
  }
};

export const fieldNamed = (name: string, message: DescMessage): DescField | undefined =>
  message.fields.find((field) => field.name === name);

/** Members of a oneof share one slot. */
const slotOf = (field: DescField): string => field.oneof?.name ?? field.name;

const nameOf = (item: Item, target: DescMessage): Name | undefined => {
  if (item.alias !== undefined) return item.alias;
  if (item.kind === "function") {
    const isCamel = item.name === "total_count" && fieldNamed("total_count", target) === undefined;
    const text = isCamel && fieldNamed("totalCount", target) !== undefined ? "totalCount" : item.name;
    return { text, offset: item.offset };
  }
  if (item.kind !== "value") return undefined;
  const { value } = item;
  return value.kind === "path" || value.kind === "parameter" ? value.names[value.names.length - 1] : undefined;
};

export const findField = (name: Name, scope: Scope, target: DescMessage): DescField | undefined => {
  const field = fieldNamed(name.text, target);
  if (field !== undefined) return field;
  const near = closest(
    name.text,
    target.fields.map((candidate) => candidate.name),
  );
  return scope.report(
    "UNKNOWN_RESULT_FIELD",
    name,
    `the response ${target.typeName} has no field "${name.text}"`,
    didYouMean(near, `add the field to ${target.typeName}, or name one it has with AS`),
  );
};

const checkSource = (
  item: Item,
  field: DescField | undefined,
  scope: Scope,
  target: DescMessage,
  extent: Extent,
): ResultSource | undefined => {
  switch (item.kind) {
    case "collect":
      return scope.report(
        "QUERY_NOT_SUPPORTED",
        item,
        "collect is not supported yet",
        "select columns, :parameters or *",
      );
    case "function":
      if (extent === "of each row") {
        const text = `${item.name}() is of all rows together, not of one`;
        return scope.report("RESULT_SHAPE", item, text, "write it beside the parentheses, not inside");
      }
      return field && summarySource(item, field, scope, target);
    case "star":
      return checkStar(item, field, scope, target);
    case "group":
      return checkGroup(item, field, scope, target);
    case "value":
      return checkValue(item, field, scope, target);
  }
};

const checkStar = (
  star: Item & { readonly kind: "star" },
  field: DescField | undefined,
  scope: Scope,
  target: DescMessage,
): ResultSource | undefined => {
  if (star.alias === undefined) {
    return scope.report("RESULT_SHAPE", star, "`*` inside parentheses has no field", "write `* AS field`");
  }
  if (star.table !== undefined && !scope.isTable(star.table)) return undefined;
  if (field === undefined) return undefined;
  const type = fieldTypeOf(field);
  if (type.kind === "message" && type.desc.typeName === scope.row.typeName) return { kind: "row", steps: [] };
  return scope.report(
    "RESULT_TYPE_MISMATCH",
    star.alias,
    `field "${field.name}" of ${target.typeName} is ${describeType(type)}, \`*\` gives rows`,
    `make it repeated ${scope.row.typeName} for all rows, or ${scope.row.typeName} for one`,
  );
};

const checkGroup = (
  group: Item & { readonly kind: "group" },
  field: DescField | undefined,
  scope: Scope,
  target: DescMessage,
): ResultSource | undefined => {
  if (field === undefined) return undefined;
  const type = fieldTypeOf(field);
  if (type.kind === "message") {
    const assignments = checkAssignments(group.items, scope, type.desc);
    return assignments && { kind: "group", assignments };
  }
  return scope.report(
    "RESULT_TYPE_MISMATCH",
    group.alias,
    `field "${field.name}" of ${target.typeName} is ${describeType(type)}, parentheses make a message`,
    "make the field a message with these fields",
  );
};

type ValueItem = Item & { readonly kind: "value" };

const checkValue = (
  item: ValueItem,
  field: DescField | undefined,
  scope: Scope,
  target: DescMessage,
): ResultSource | undefined => {
  const { value } = item;
  if (value.kind !== "path" && value.kind !== "parameter") {
    return field && checkLiteral(value, field, scope);
  }
  const path = value.kind === "path" ? scope.rowPath(value) : scope.requestPath(value);
  if (path === undefined || field === undefined) return undefined;
  const type = fieldTypeOf(field);
  if (!fits(path.type, type)) return reportType(item, path.text, path.type, field, scope, target);
  return value.kind === "path"
    ? { kind: "row", steps: path.steps }
    : { kind: "request", name: path.text, steps: path.steps, isNullable: scope.isNullable(value) };
};

const reportType = (
  item: ValueItem,
  text: string,
  type: FieldType,
  field: DescField,
  scope: Scope,
  target: DescMessage,
): undefined =>
  scope.report(
    "RESULT_TYPE_MISMATCH",
    item,
    `"${text}" is ${describeType(type)}, field "${field.name}" of ${target.typeName} is ${describeType(fieldTypeOf(field))}`,
    `make the field ${describeType(type)}, or name another with AS`,
  );

const checkLiteral = (literal: LiteralNode, field: DescField, scope: Scope): ResultSource | undefined => {
  const type = fieldTypeOf(field);
  const outcome = literalAs(literal, type);
  if (outcome.kind === "value") return { kind: "literal", value: literalField(outcome.value, type) };
  return scope.report(
    "RESULT_TYPE_MISMATCH",
    literal,
    `field "${field.name}": ${outcome.problem.text}`,
    outcome.problem.remedy,
  );
};
