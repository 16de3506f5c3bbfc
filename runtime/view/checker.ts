import type { DescMessage } from "@bufbuild/protobuf";
import type { Query } from "./ast.ts";
import { checkCondition, nullableParameters } from "./check-condition.ts";
import { checkCount } from "./check-count.ts";
import { checkOrder } from "./check-order.ts";
import { checkPage } from "./check-page.ts";
import { checkResult } from "./check-result.ts";
import { createScope, type Scope } from "./check-scope.ts";
import type { CheckedQuery } from "./checked.ts";
import { checkLiveResult, reportNotLive } from "./live/check-live.ts";
import { type Outcome, ok, type Problem, problems } from "./problem.ts";
import { closest, didYouMean } from "./suggest.ts";

/** The messages that a query stands between. */
export type QueryContext = {
  /** Row messages by the name of their table. */
  readonly tables: ReadonlyMap<string, DescMessage>;
  readonly request: DescMessage;
  readonly response: DescMessage;
  readonly isStreamed: boolean;
  /** `stream_updates`: the response stream goes on with every change of the result. */
  readonly isLive?: boolean;
};

/** A query that fits its messages, or everything in it that does not. */
export const checkQuery = (query: Query, context: QueryContext): Outcome<CheckedQuery> => {
  const table = query.table.name.text;
  const row = context.tables.get(table);
  const found: Problem[] = [];
  if (row === undefined) {
    const known = [...context.tables.keys()];
    return problems([
      {
        code: "UNKNOWN_TABLE",
        text: `no method of the service updates a table "${table}"`,
        remedy: didYouMean(
          closest(table, known),
          known.length === 0 ? "add a method with a view update" : `name one of ${known.join(", ")}`,
        ),
        offset: query.table.name.offset,
      },
    ]);
  }
  const scope = createScope({
    row,
    request: context.request,
    table: query.table,
    nullable: nullableParameters(query.where),
    found,
  });
  reportClauses(query, scope);
  if (context.isLive === true) reportNotLive(query, scope, context.isStreamed);
  // Names of a joined table would all be reported as unknown columns.
  if (query.joins.length > 0) return problems(found);
  const result =
    context.isLive === true
      ? checkLiveResult(query.items, scope, context.response)
      : checkResult(query.items, scope, context.response, context.isStreamed);
  const where = query.where && checkCondition(query.where, scope);
  const limit = query.limit && checkCount(query.limit.count, "LIMIT", scope);
  const offset = query.offset?.kind === "rows" ? checkCount(query.offset.count, "OFFSET", scope) : undefined;
  const order = checkOrder(query.orderBy, scope);
  const pageToken = checkPage(query, result, scope);
  if (found.length > 0 || result === undefined) {
    return problems(found.toSorted((a, b) => a.offset - b.offset));
  }
  return ok({ table, columns: scope.columns(), where, order, pageToken, offset, limit, result });
};

/** Clauses that the grammar has and the planner has not. */
const reportClauses = (query: Query, scope: Scope): void => {
  const report = (node: { readonly offset: number } | undefined, what: string): void => {
    if (node !== undefined) {
      scope.report("QUERY_NOT_SUPPORTED", node, `${what} is not supported yet`, "take it out of the query");
    }
  };
  for (const join of query.joins) report(join, "JOIN");
  report(query.groupBy[0], "GROUP BY");
};
