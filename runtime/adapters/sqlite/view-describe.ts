import type { Message } from "../../codec.ts";
import { branchesOf } from "../../view/branches.ts";
import { describeOperand, describeTest } from "../../view/describe-test.ts";
import { livingPlan, noRows } from "../../view/living-plan.ts";
import { placeOf } from "../../view/page-token.ts";
import type { Plan } from "../../view/plan.ts";
import type { ViewLayout } from "../../view/store.ts";
import type { SqlOperand } from "./view-bind.ts";
import { segmentSql } from "./view-segment-sql.ts";
import { countSql, planSql, type Sql, wholeTableSql } from "./view-sql.ts";

/**
 * The SQL that reads a plan's first rows or counts them, and what each `?` of it stands for. That of a sorted plan
 * depends on the request; throws what reading a parameter throws.
 */
export const describeSql = (table: ViewLayout, plan: Plan, request: Message): readonly string[] => {
  const rows = plan.counted === "alone" ? [] : describeRows(table, plan, request);
  return [...rows, ...(plan.counted === "never" ? [] : describeStatement(countSql(table, plan), []))];
};

const describeRows = (table: ViewLayout, plan: Plan, request: Message): readonly string[] => {
  if (plan.isSorted) return describeSorted(table, livingPlan(plan, request), request);
  const isWhole = plan.disjuncts.some(
    ({ equal, range, residual }) => equal.length + range.length + residual.length === 0,
  );
  if (isWhole) return [wholeTableSql(table, ">="), "? = the key of the page, LIMIT, OFFSET"];
  return describeStatement(planSql(table, plan).rows, ["LIMIT", "OFFSET"]);
};

const describeSorted = (table: ViewLayout, plan: Plan, request: Message): readonly string[] => {
  if (plan.disjuncts.length === 0) return [noRows];
  return branchesOf(plan, request, placeOf(plan, request)).flatMap(({ disjunct, segments }) =>
    segments.flatMap((segment) => {
      const { text, cells } = segmentSql(table, plan, disjunct, segment, "rows", request);
      return [text, `? = ${[...cells.map(String), "LIMIT", "OFFSET"].join(", ")}`];
    }),
  );
};

const describeStatement = ({ text, operands }: Sql, more: readonly string[]): readonly string[] => [
  text,
  `? = ${[...operands.map(describeOperandOf), ...more].join(", ")}`,
];

const describeOperandOf = (operand: SqlOperand): string => {
  switch (operand.kind) {
    case "list":
      return `:${operand.list.name} as JSON`;
    case "edge":
      return `the ${operand.edge === "from" ? "start" : "end"} of (${describeTest(operand.range)})`;
    default:
      return describeOperand(operand);
  }
};
