import { BSON } from "mongodb";
import type { Message } from "../../codec.ts";
import { livingPlan, noRows } from "../../view/living-plan.ts";
import type { Plan } from "../../view/plan.ts";
import type { ViewLayout } from "../../view/store.ts";
import type { Mongo } from "./client.ts";
import { guarded } from "./errors.ts";
import type { RowDocument } from "./view-document.ts";
import { planFilter, wholeFilter } from "./view-filter.ts";
import { createPlanReader } from "./view-read.ts";

/** The filter of a plan for a request, and its hint. Throws what reading a parameter throws. */
export const describeFilter = (table: ViewLayout, plan: Plan, request: Message): readonly string[] => {
  const living = livingPlan(plan, request);
  if (living.disjuncts.length === 0) return [noRows];
  if (isWhole(living) && !living.isSorted) {
    return [BSON.EJSON.stringify(wholeFilter({ $gte: "" })), "hint _id_"];
  }
  const { filter, hint } = planFilter(table, living);
  const text = BSON.EJSON.stringify(filter(request), { relaxed: true });
  // Those of a sorted plan are read in stretches of their order; all of them together are this.
  if (living.isSorted) return [text, "in the order of the plan, by a hint for each stretch"];
  return [text, hint === undefined ? "no hint: each alternative finds its index" : `hint ${hint}`];
};

/** Are all rows selected? */
const isWhole = ({ disjuncts }: Plan): boolean =>
  disjuncts.some(({ equal, range, residual }) => equal.length + range.length + residual.length === 0);

/**
 * MongoDB's own plan, of a table that somebody else keeps: nothing is created or written. `undefined` when there
 * is no such table.
 */
export const explainStored = async (
  { client, db }: Mongo,
  table: ViewLayout,
  plan: Plan,
  request: Message,
): Promise<string | undefined> => {
  const found = await guarded(() => db.listCollections({ name: table.id }, { nameOnly: true }).toArray());
  if (found.length === 0) return undefined;
  const living = livingPlan(plan, request);
  if (living.disjuncts.length === 0) return noRows;
  const source = { client, collection: db.collection<RowDocument>(table.id), table };
  return createPlanReader(source, living, { pageRows: 16_384 }).explain(request);
};
