import { createHash } from "node:crypto";
import type { Message } from "../codec.ts";
import { MeshError } from "../errors.ts";
import { livingPlan } from "./living-plan.ts";
import { listValues, operandValue } from "./parameters.ts";
import type { ColumnType, Plan, Predicate, Value } from "./plan.ts";
import type { Place } from "./row-order.ts";
import { readPath } from "./value.ts";

/**
 * A place of a plan's result, to be sent back for what follows it. It is bound to the plan and to the values of
 * its condition: of another query or request it is refused. Limits may change from page to page.
 */
export const pageTokenOf = (plan: Plan, request: Message, place: Place): string => {
  const body = JSON.stringify([place.key, ...place.values.map(written)]);
  return Buffer.concat([sumOf(plan, request, body), Buffer.from(body)]).toString("base64url");
};

/** The place after which the request wants rows; `undefined` for the first page. Throws INVALID_PAGE_TOKEN. */
export const placeOf = (plan: Plan, request: Message): Place | undefined => {
  const { pageToken } = plan;
  if (pageToken === undefined) return undefined;
  const text = readPath(request, pageToken.steps);
  if (typeof text !== "string" || text === "") return undefined;
  const bytes = Buffer.from(text, "base64url");
  const body = bytes.subarray(sumBytes).toString();
  // Compared as text, since decoding passes over what is no base64url.
  const expected = Buffer.concat([sumOf(plan, request, body), Buffer.from(body)]).toString("base64url");
  if (expected !== text) throw invalid(pageToken.name);
  const [key, ...values] = JSON.parse(body) as [string, ...(string | null)[]];
  const types = new Map(plan.columns.map(({ path, type }) => [path, type]));
  return { key, values: plan.order.map(({ column }, i) => read(values[i] ?? null, types.get(column) ?? "string")) };
};

const sumBytes = 12;

const sumOf = (plan: Plan, request: Message, body: string): Buffer => {
  const { table, order } = plan;
  // Stores see only what is left of the plan for the request.
  const { disjuncts } = livingPlan(plan, request);
  const values = disjuncts.flatMap(({ equal, range, residual }) =>
    [...equal, ...range, ...residual].flatMap((test) => valuesOf(test, request)).map(written),
  );
  const bound = JSON.stringify([table, disjuncts, order, values, body], (_, value: unknown) =>
    typeof value === "bigint" ? `${value}n` : value,
  );
  return createHash("sha256").update(bound).digest().subarray(0, sumBytes);
};

const valuesOf = (test: Predicate, request: Message): readonly (Value | undefined)[] => {
  switch (test.kind) {
    case "null":
      return [];
    case "in":
      return test.operands.map((operand) => operandValue(operand, request));
    case "inList": {
      const values = listValues(test.list, request);
      return [BigInt(values.length), ...values];
    }
    case "compare":
    case "contains":
      return [operandValue(test.operand, request)];
    case "like":
    case "likeRange":
      return [operandValue(test.pattern, request)];
    case "startsWith":
      return [operandValue(test.prefix, request)];
  }
};

const written = (value: Value | undefined): string | null => {
  if (value === undefined) return null;
  return value instanceof Uint8Array ? Buffer.from(value).toString("base64url") : String(value);
};

const read = (text: string | null, type: ColumnType): Value | undefined => {
  if (text === null) return undefined;
  switch (type) {
    case "integer":
      return BigInt(text);
    case "float":
    case "double":
      return Number(text);
    case "bool":
      return text === "true";
    case "bytes":
      return new Uint8Array(Buffer.from(text, "base64url"));
    case "string":
    case "timestamp":
    case "enum":
      return text;
  }
};

const invalid = (field: string): MeshError =>
  new MeshError(
    "INVALID_PAGE_TOKEN",
    `"${field}" is no token of this query with these parameters; send the one that came with the last page, with the same parameters, or "" for the first page`,
    { fields: [{ field, description: "must be a token of the same query and parameters" }] },
  );
