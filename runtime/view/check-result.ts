import type { DescField, DescMessage } from "@bufbuild/protobuf";
import type { Item } from "./ast.ts";
import { assignmentsOf, checkAssignments, readsRows } from "./check-assignments.ts";
import type { Scope } from "./check-scope.ts";
import type { Result } from "./checked.ts";
import { describeType, fieldTypeOf } from "./field-type.ts";
import { didYouMean } from "./suggest.ts";

type Star = Item & { readonly kind: "star" };
/** `* AS field` or `(…) AS field` into a repeated field. */
type ListItem = (Star | (Item & { readonly kind: "group" })) & { readonly field: ListField };
type ListField = DescField & { readonly fieldKind: "list"; readonly listKind: "message" };

/** The select list against the response; `undefined` when something in it was reported. */
export const checkResult = (
  items: readonly Item[],
  scope: Scope,
  response: DescMessage,
  isStreamed: boolean,
): Result | undefined => {
  const star = items.find((item): item is Star => item.kind === "star" && item.alias === undefined);
  if (star !== undefined) return checkRow(star, items, scope, response);
  const lists = items.flatMap((item) => asList(item, response));
  const [list, second] = lists;
  if (second !== undefined) {
    const text = "rows go into one repeated field, and this is the second";
    return scope.report("RESULT_SHAPE", second, text, "take one out");
  }
  const others = items.filter((item) => item.offset !== list?.offset);
  if (list !== undefined) return checkList(list, others, scope, response, isStreamed);
  return items.some(({ kind }) => kind === "function")
    ? checkSummary(items, scope, response)
    : checkFields(items, scope, response);
};

const checkFields = (items: readonly Item[], scope: Scope, response: DescMessage): Result | undefined => {
  const assignments = checkAssignments(items, scope, response);
  return assignments && { kind: "fields", assignments };
};

const checkRow = (star: Star, items: readonly Item[], scope: Scope, response: DescMessage): Result | undefined => {
  const isNamed = star.table === undefined || scope.isTable(star.table);
  const other = items.find((item) => item !== star);
  if (other?.kind === "star" && other.alias === undefined) {
    return scope.report("RESULT_SHAPE", other, "`*` stands twice in the select list", "take one out");
  }
  if (other !== undefined) {
    const text = "`*` gives whole rows, so nothing can stand beside it";
    return scope.report("RESULT_SHAPE", other, text, "write `* AS field`, or name the columns");
  }
  if (response.typeName === scope.row.typeName) return isNamed ? { kind: "row" } : undefined;
  const list = response.fields.find((field) => isListOf(field, scope.row));
  return scope.report(
    "RESULT_SHAPE",
    star,
    `\`*\` gives ${scope.row.typeName}, the method returns ${response.typeName}`,
    didYouMean(list && `* AS ${list.name}`, `return ${scope.row.typeName}, or name the columns`),
  );
};

const isMessageList = (field: DescField): field is ListField =>
  field.fieldKind === "list" && field.listKind === "message";

const isListOf = (field: DescField, row: DescMessage): boolean =>
  isMessageList(field) && field.message.typeName === row.typeName;

const asList = (item: Item, response: DescMessage): ListItem[] => {
  if ((item.kind !== "star" && item.kind !== "group") || item.alias === undefined) return [];
  const field = response.fields.find(({ name }) => name === item.alias?.text);
  return field !== undefined && isMessageList(field) ? [{ ...item, field }] : [];
};

const checkList = (
  list: ListItem,
  others: readonly Item[],
  scope: Scope,
  response: DescMessage,
  isStreamed: boolean,
): Result | undefined => {
  const { field } = list;
  const what = list.kind === "star" ? "`* AS`" : "`( ) AS`";
  if (isStreamed) {
    return scope.report(
      "RESULT_SHAPE",
      list,
      `${what} puts all rows into one message, but the method returns a stream`,
      "take `stream` off the method, or select `*` and return the row",
    );
  }
  const reader = others.find(readsRows);
  if (reader !== undefined) {
    return scope.report("RESULT_SHAPE", reader, `a column beside ${what} belongs to no single row`, "take it out");
  }
  if (list.kind === "star" && !isListOf(field, scope.row)) {
    return scope.report(
      "RESULT_TYPE_MISMATCH",
      list.alias ?? list,
      `field "${field.name}" of ${response.typeName} is ${describeType(fieldTypeOf(field))}, \`*\` gives rows`,
      `make it repeated ${scope.row.typeName}`,
    );
  }
  const isNamed = list.kind !== "star" || list.table === undefined || scope.isTable(list.table);
  const element = list.kind === "star" ? "row" : checkAssignments(list.items, scope, field.message);
  const assignments = assignmentsOf(others, scope, response, [field], "of all rows");
  if (element === undefined || assignments === undefined || !isNamed) return undefined;
  return {
    kind: "list",
    field: field.name,
    fieldNumber: field.number,
    element: element === "row" ? undefined : element,
    assignments,
  };
};

/** Functions over all rows and no rows: one response of counts, parameters and literals. */
const checkSummary = (items: readonly Item[], scope: Scope, response: DescMessage): Result | undefined => {
  const reader = items.find(readsRows);
  if (reader !== undefined) {
    return scope.report(
      "RESULT_SHAPE",
      reader,
      "a count is of all rows together, a column of each",
      "take one of them out, or put the rows into a repeated field with `* AS field` or `(a, b) AS field`",
    );
  }
  const paging = items.find((item) => item.kind === "function" && item.name !== "count" && item.name !== "total_count");
  if (paging?.kind === "function") {
    const text = `${paging.name}() tells of a page, and no rows are selected into one message`;
    return scope.report("RESULT_SHAPE", paging, text, `select \`* AS\` a repeated field beside it`);
  }
  const assignments = assignmentsOf(items, scope, response, [], "of all rows");
  return assignments && { kind: "summary", assignments };
};
