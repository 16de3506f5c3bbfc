import type { Message } from "../codec.ts";
import { MeshError } from "../errors.ts";
import { operandValue } from "./parameters.ts";
import type { Operand, Plan } from "./plan.ts";

/** Which of a plan's rows are wanted: after the first `offset`, at most `limit`. */
export type Window = { readonly offset: number; readonly limit: number };

/** Rows of a page when the query does not say how many. */
const pageRows = 100;

/** The window of a request. Throws INVALID_FIELD on a negative number, and MISSING_PARAMETER. */
export const windowOf = (
  { offset, limit, pageToken }: Pick<Plan, "offset" | "limit" | "pageToken">,
  request: Message,
): Window => ({
  offset: offset === undefined ? 0 : countOf(offset, "OFFSET", request),
  limit:
    limit === undefined
      ? pageToken === undefined
        ? Number.MAX_SAFE_INTEGER
        : pageRows
      : countOf(limit, "LIMIT", request),
});

/** Throws INVALID_FIELD on a page without rows: no place in the result is behind it, for a token to name. */
export const refuseEmptyPage = (plan: Plan, request: Message): void => {
  if (windowOf(plan, request).limit > 0) return;
  const field = plan.limit?.kind === "parameter" ? plan.limit.parameter.name : "LIMIT";
  throw new MeshError(
    "INVALID_FIELD",
    `"${field}" is 0, and no next page follows a page without rows; send 1 or more`,
    { fields: [{ field, description: "must be at least 1" }] },
  );
};

const countOf = (operand: Operand, clause: string, request: Message): number => {
  const value = Number(operandValue(operand, request));
  if (value >= 0) return Math.min(value, Number.MAX_SAFE_INTEGER);
  const field = operand.kind === "parameter" ? operand.parameter.name : clause;
  throw new MeshError(
    "INVALID_FIELD",
    `"${field}" is ${value}, and ${clause} takes no negative number; send 0 or more`,
    {
      fields: [{ field, description: "must not be negative" }],
    },
  );
};
