import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import type { Item, Name, Query } from "../ast.ts";
import { assignmentsOf, findField } from "../check-assignments.ts";
import { checkResult } from "../check-result.ts";
import type { Scope } from "../check-scope.ts";
import type { EnvelopePart, Result } from "../checked.ts";
import { describeType, type FieldType, fieldTypeOf } from "../field-type.ts";

/** Reports what has no meaning in a result that changes row by row. */
export const reportNotLive = (query: Query, scope: Scope, isStreamed: boolean): void => {
  const report = (node: { readonly offset: number } | undefined, what: string): void => {
    if (node !== undefined) {
      scope.report("NOT_LIVE", node, `a live query cannot have ${what}`, "take it out, or take stream_updates off");
    }
  };
  report(query.limit, "LIMIT");
  report(query.offset, "OFFSET");
  report(query.joins[0], "JOIN");
  report(query.groupBy[0], "GROUP BY");
  report(query.orderBy[0], "ORDER BY: rows come as they change");
  report(
    query.items.find(({ kind }) => kind === "function"),
    "functions over all rows",
  );
  if (!isStreamed) {
    const remedy = "let it return a stream, or take stream_updates off";
    scope.report("NOT_LIVE", { offset: 0 }, "a live query never ends, but the method returns one message", remedy);
  }
};

/** The select list of a live query: the row, columns of it, or `* AS field` into an envelope. */
export const checkLiveResult = (items: readonly Item[], scope: Scope, response: DescMessage): Result | undefined => {
  const star = items.find((item) => item.kind === "star" && item.alias !== undefined && item.table === undefined);
  if (star?.kind !== "star" || star.alias === undefined) return checkResult(items, scope, response, true);
  return checkEnvelope(star.alias, items, scope, response);
};

type Part = { readonly name: EnvelopePart; readonly scalar: ScalarType };

const parts: readonly Part[] = [
  { name: "change", scalar: ScalarType.STRING },
  { name: "key", scalar: ScalarType.STRING },
  { name: "sequence", scalar: ScalarType.INT64 },
  { name: "resume_token", scalar: ScalarType.STRING },
];

const checkEnvelope = (
  alias: Name,
  items: readonly Item[],
  scope: Scope,
  response: DescMessage,
): Result | undefined => {
  const field = findField(alias, scope, response);
  if (field === undefined || !checkRowField(field, alias, scope, response)) return undefined;
  const given = parts.map((part) => checkPart(part, alias, scope, response));
  const names = new Set(given.filter((name) => name !== undefined && name !== "wrong"));
  if (names.has("resume_token") && !names.has("change")) {
    return scope.report(
      "RESULT_SHAPE",
      alias,
      `${response.typeName} has a resume_token, but no change to say RESYNC in when the stream could not be resumed`,
      `add \`string change\` to ${response.typeName}`,
    );
  }
  const resumes = checkRequest(names, alias, scope);
  const values = items.filter((item) => item.kind === "value");
  const other = items.find((item) => item.kind !== "value" && !(item.kind === "star" && item.alias === alias));
  if (other !== undefined) {
    return scope.report("RESULT_SHAPE", other, "only :parameters and literals stand beside `* AS`", "take it out");
  }
  const column = values.find(({ value }) => value.kind === "path");
  if (column !== undefined) {
    return scope.report("RESULT_SHAPE", column, "the row is given whole, so no column stands beside it", "take it out");
  }
  const taken = response.fields.filter(({ name }) => name === field.name || parts.some((part) => part.name === name));
  const assignments = assignmentsOf(values, scope, response, taken, "of each row");
  if (assignments === undefined || resumes === undefined || given.includes("wrong")) return undefined;
  return { kind: "envelope", field: field.name, parts: names, resumes, assignments };
};

const checkRowField = (field: DescField, alias: Name, scope: Scope, response: DescMessage): boolean => {
  const isRow = field.fieldKind === "message" && field.message.typeName === scope.row.typeName;
  if (isRow && field.oneof === undefined) return true;
  scope.report(
    isRow || field.fieldKind === "list" ? "RESULT_SHAPE" : "RESULT_TYPE_MISMATCH",
    alias,
    `a live query gives one ${scope.row.typeName} at a time, field "${field.name}" of ${response.typeName} is ${placeOf(field)}`,
    `make it ${scope.row.typeName}, not repeated and in no oneof`,
  );
  return false;
};

const placeOf = (field: DescField): string =>
  `${describeType(fieldTypeOf(field))}${field.oneof === undefined ? "" : " in a oneof"}`;

const checkPart = (
  { name, scalar }: Part,
  alias: Name,
  scope: Scope,
  response: DescMessage,
): EnvelopePart | "wrong" | undefined => {
  const field = response.fields.find((each) => each.name === name);
  if (field === undefined) return undefined;
  if (isPlain(field, scalar)) return name;
  const wanted: FieldType = { kind: "scalar", scalar };
  scope.report(
    "RESULT_TYPE_MISMATCH",
    alias,
    `field "${name}" of ${response.typeName} is ${placeOf(field)}, a live query fills it with ${describeType(wanted)}`,
    `make it ${describeType(wanted)}, or give it another name`,
  );
  return "wrong";
};

const isPlain = (field: DescField, scalar: ScalarType): boolean =>
  field.fieldKind === "scalar" && field.scalar === scalar && field.oneof === undefined;

/** Whether the request brings tokens that the envelope gives; `undefined` when it was reported. */
const checkRequest = (given: ReadonlySet<EnvelopePart>, alias: Name, scope: Scope): boolean | undefined => {
  const field = scope.request.fields.find(({ name }) => name === "resume_token");
  if (field === undefined || !given.has("resume_token")) return false;
  if (isPlain(field, ScalarType.STRING)) return true;
  return scope.report(
    "TYPE_MISMATCH",
    alias,
    `field "resume_token" of the request ${scope.request.typeName} is ${placeOf(field)}, tokens are strings`,
    "make it a string",
  );
};
