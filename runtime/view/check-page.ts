import type { Query } from "./ast.ts";
import type { Scope } from "./check-scope.ts";
import type { Result } from "./checked.ts";
import { describeType } from "./field-type.ts";
import type { Parameter } from "./plan.ts";

/** Where the request's page token is, when the query gives its rows in pages. */
export const checkPage = (query: Query, result: Result | undefined, scope: Scope): Parameter | undefined => {
  const { offset, limit } = query;
  const asking = query.items.find((item) => item.kind === "function" && item.name === "next_page_token");
  if (offset?.kind !== "pageToken") {
    if (asking === undefined) return undefined;
    return scope.report(
      "RESULT_SHAPE",
      asking,
      "next_page_token() is of no use when no request can bring it back",
      "add OFFSET page_token_offset(:a_string_of_the_request)",
    );
  }
  if (result !== undefined && result.kind !== "list") {
    return scope.report(
      "RESULT_SHAPE",
      offset,
      "a page of rows goes into one message, and so does the token of the next page",
      "select `* AS` a repeated field, and next_page_token()",
    );
  }
  if (asking !== undefined && limit?.count.kind === "integer" && BigInt(limit.count.text) === 0n) {
    scope.report(
      "RESULT_SHAPE",
      limit.count,
      "next_page_token() leads on from the last row of a page, and a page of LIMIT 0 has none",
      "write a LIMIT of at least 1, or take next_page_token() out",
    );
  }
  const found = scope.parameter(offset.token);
  if (found === undefined) return undefined;
  if (found.parameter.type === "string") return found.parameter;
  return scope.report(
    "TYPE_MISMATCH",
    offset.token,
    `a page token is a string, parameter ":${found.parameter.name}" is ${describeType(found.type)}`,
    `make the field "${found.parameter.name}" of ${scope.request.typeName} a string`,
  );
};
