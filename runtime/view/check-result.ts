import type { DescField, DescMessage } from "@bufbuild/protobuf";
import type { Item, LiteralNode, Name } from "./ast.ts";
import type { Scope } from "./check-scope.ts";
import type { Assignment, Result, ResultSource } from "./checked.ts";
import { describeType, type FieldType, fieldTypeOf, fits } from "./field-type.ts";
import { literalAs } from "./literal.ts";
import { fieldStep } from "./paths.ts";
import { literalField } from "./result-literal.ts";
import { closest, didYouMean } from "./suggest.ts";

type Star = Item & { readonly kind: "star" };
type ValueItem = Item & { readonly kind: "value" };

/** The select list against the response; `undefined` when something in it was reported. */
export const checkResult = (
  items: readonly Item[],
  scope: Scope,
  response: DescMessage,
  isStreamed: boolean,
): Result | undefined => {
  if (items.some((item) => reportUnsupported(item, scope))) return undefined;
  const stars = items.filter((item) => item.kind === "star");
  const values = items.filter((item) => item.kind === "value");
  const [star, second] = stars;
  if (star === undefined) {
    const assignments = checkValues(values, scope, response);
    return assignments && { kind: "fields", assignments };
  }
  if (second !== undefined) {
    return scope.report("RESULT_SHAPE", second, "`*` stands twice in the select list", "take one out");
  }
  return star.alias === undefined
    ? checkRow(star, values, scope, response)
    : checkList(star, star.alias, values, scope, response, isStreamed);
};

const reportUnsupported = (item: Item, scope: Scope): boolean => {
  const names = {
    group: "a nested projection",
    collect: "collect",
    function: item.kind === "function" ? `${item.name}()` : "",
    star: item.kind === "star" && item.table !== undefined ? "`table.*`" : "",
    value: "",
  };
  const what = names[item.kind];
  if (what === "") return false;
  scope.report("QUERY_NOT_SUPPORTED", item, `${what} is not supported yet`, "select columns, :parameters or *");
  return true;
};

const checkRow = (
  star: Star,
  values: readonly ValueItem[],
  scope: Scope,
  response: DescMessage,
): Result | undefined => {
  const [other] = values;
  if (other !== undefined) {
    return scope.report(
      "RESULT_SHAPE",
      other,
      "`*` gives whole rows, so nothing can stand beside it",
      "write `* AS field`, or name the columns",
    );
  }
  if (response.typeName === scope.row.typeName) return { kind: "row" };
  const list = response.fields.find((field) => isListOf(field, scope.row));
  return scope.report(
    "RESULT_SHAPE",
    star,
    `\`*\` gives ${scope.row.typeName}, the method returns ${response.typeName}`,
    didYouMean(list && `* AS ${list.name}`, `return ${scope.row.typeName}, or name the columns`),
  );
};

const isListOf = (field: DescField, row: DescMessage): boolean =>
  field.fieldKind === "list" && field.listKind === "message" && field.message.typeName === row.typeName;

const checkList = (
  star: Star,
  alias: Name,
  values: readonly ValueItem[],
  scope: Scope,
  response: DescMessage,
  isStreamed: boolean,
): Result | undefined => {
  const field = findField(alias, scope, response);
  if (field === undefined) return undefined;
  if (!isListOf(field, scope.row)) {
    return scope.report(
      "RESULT_TYPE_MISMATCH",
      alias,
      `field "${field.name}" of ${response.typeName} is ${describeType(fieldTypeOf(field))}, \`*\` gives rows`,
      `make it repeated ${scope.row.typeName}`,
    );
  }
  if (isStreamed) {
    return scope.report(
      "RESULT_SHAPE",
      star,
      "`* AS` puts all rows into one message, but the method returns a stream",
      "take `stream` off the method, or select `*` and return the row",
    );
  }
  const column = values.find(({ value }) => value.kind === "path");
  if (column !== undefined) {
    return scope.report("RESULT_SHAPE", column, "a column beside `* AS` belongs to no single row", "take it out");
  }
  const assignments = checkValues(values, scope, response, [field]);
  return assignments && { kind: "list", field: field.name, fieldNumber: field.number, assignments };
};

const checkValues = (
  values: readonly ValueItem[],
  scope: Scope,
  response: DescMessage,
  taken: readonly DescField[] = [],
): readonly Assignment[] | undefined => {
  const used = new Set(taken.map(slotOf));
  const assignments = values.map((item): Assignment | undefined => {
    const name = item.alias ?? nameOf(item);
    const field = name && findField(name, scope, response);
    const source = checkSource(item, field, scope, response);
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

/** Members of a oneof share one slot. */
const slotOf = (field: DescField): string => field.oneof?.name ?? field.name;

const nameOf = ({ value }: ValueItem): Name | undefined =>
  value.kind === "path" || value.kind === "parameter" ? value.names[value.names.length - 1] : undefined;

const findField = (name: Name, scope: Scope, response: DescMessage): DescField | undefined => {
  const field = response.fields.find((candidate) => candidate.name === name.text);
  if (field !== undefined) return field;
  const near = closest(
    name.text,
    response.fields.map((candidate) => candidate.name),
  );
  return scope.report(
    "UNKNOWN_RESULT_FIELD",
    name,
    `the response ${response.typeName} has no field "${name.text}"`,
    didYouMean(near, `add the field to ${response.typeName}, or name one it has with AS`),
  );
};

const checkSource = (
  item: ValueItem,
  field: DescField | undefined,
  scope: Scope,
  response: DescMessage,
): ResultSource | undefined => {
  const { value } = item;
  if (value.kind !== "path" && value.kind !== "parameter") {
    return field && checkLiteral(value, field, scope);
  }
  const path = value.kind === "path" ? scope.rowPath(value) : scope.requestPath(value);
  if (path === undefined || field === undefined) return undefined;
  const type = fieldTypeOf(field);
  if (!fits(path.type, type)) return reportType(item, path.text, path.type, field, scope, response);
  return value.kind === "path"
    ? { kind: "row", steps: path.steps }
    : { kind: "request", name: path.text, steps: path.steps };
};

const reportType = (
  item: ValueItem,
  text: string,
  type: FieldType,
  field: DescField,
  scope: Scope,
  response: DescMessage,
): undefined =>
  scope.report(
    "RESULT_TYPE_MISMATCH",
    item,
    `"${text}" is ${describeType(type)}, field "${field.name}" of ${response.typeName} is ${describeType(fieldTypeOf(field))}`,
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
