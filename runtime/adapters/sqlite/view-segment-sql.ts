import type { Message } from "../../codec.ts";
import type { Segment } from "../../view/branches.ts";
import { indexFor } from "../../view/indexes.ts";
import type { Disjunct, Plan, Predicate } from "../../view/plan.ts";
import type { ViewLayout } from "../../view/store.ts";
import { bindCells } from "./view-bind.ts";
import type { Cell } from "./view-cells.ts";
import { columnName } from "./view-names.ts";
import { all, notNull, plainSource, type Sql, testOf } from "./view-sql.ts";

/** Text with a `?` for each cell, and for a limit and an offset after them. */
export type BoundSql = { readonly text: string; readonly cells: readonly Cell[] };

/** One stretch of an index in the plan's order: whole rows as `id, key, message`, or only where they stand. */
export const segmentSql = (
  table: ViewLayout,
  plan: Plan,
  disjunct: Disjunct,
  { tests, afterKey }: Segment,
  what: "rows" | "places",
  request: Message,
): BoundSql => {
  const fixed = new Set(tests.filter(isFixed).map(({ column }) => column));
  const condition = all(tests.map((each) => entering(table, each, plan)));
  const columns = plan.order.map(({ column }) => columnName(column));
  const given = what === "rows" ? ["id", "key", "message"] : ["id", "key", ...columns];
  // What is the same in all rows sorts nothing.
  const sorting = plan.order
    .filter(({ column }) => !fixed.has(column))
    .map(({ column, descending }) => columnName(column) + (descending ? " DESC" : ""));
  const after = afterKey === undefined ? "" : " AND key > ?";
  const cells = bindCells(condition.operands, request);
  return {
    text: `SELECT ${given.join(", ")} ${plainSource(table, indexFor(disjunct, table.indexes)).text} AND ${condition.text}${after} ORDER BY ${[...sorting, "key"].join(", ")} LIMIT ? OFFSET ?`,
    cells: afterKey === undefined ? cells : [...cells, afterKey],
  };
};

const isFixed = (test: Predicate): boolean =>
  (test.kind === "compare" && test.operator === "=") || (test.kind === "null" && test.isNull);

/** IS NOT NULL as a bound, which an index can be entered by. */
const entering = (table: ViewLayout, each: Predicate, plan: Plan): Sql =>
  each.kind === "null" && !each.isNull ? notNull(each.column, plan, "") : testOf(table)(each);
