import { BSON } from "mongodb";
import type { Message } from "../../codec.ts";
import { branchesOf } from "../../view/branches.ts";
import { indexFor } from "../../view/indexes.ts";
import { livingPlan, noRows } from "../../view/living-plan.ts";
import { placeOf } from "../../view/page-token.ts";
import type { Plan } from "../../view/plan.ts";
import type { ViewLayout } from "../../view/store.ts";
import type { Mongo } from "./client.ts";
import { guarded } from "./errors.ts";
import { planCount } from "./view-count.ts";
import type { RowDocument } from "./view-document.ts";
import { planFilter, wholeFilter } from "./view-filter.ts";
import { createPlanReader } from "./view-read.ts";
import { segmentReader } from "./view-segment.ts";

/**
 * What finds a plan's rows for a request, with its hint, and what counts them. Throws what reading a parameter throws.
 */
export const describeFilter = (table: ViewLayout, plan: Plan, request: Message): readonly string[] => {
  const living = livingPlan(plan, request);
  if (living.disjuncts.length === 0) return [noRows];
  const rows = living.counted === "alone" ? [] : describeRows(table, living, request);
  return [...rows, ...(living.counted === "never" ? [] : describeCount(table, living, request))];
};

const describeRows = (table: ViewLayout, plan: Plan, request: Message): readonly string[] => {
  if (plan.isSorted) return describeSorted(table, plan, request);
  if (isWhole(plan)) return [textOf(wholeFilter({ $gte: "" })), "hint _id_"];
  const { filter, hint } = planFilter(table, plan);
  return [textOf(filter(request)), hintText(hint)];
};

const describeSorted = (table: ViewLayout, plan: Plan, request: Message): readonly string[] => {
  const { filter, sort } = segmentReader(plan);
  const order = textOf(Object.fromEntries(sort));
  return branchesOf(plan, request, placeOf(plan, request)).flatMap(({ disjunct, segments }) =>
    segments.flatMap((segment) => [
      textOf(filter(segment, request)),
      `sort ${order}, hint ${indexFor(disjunct, table.indexes)?.name ?? "_id_"}`,
    ]),
  );
};

const describeCount = (table: ViewLayout, plan: Plan, request: Message): readonly string[] => {
  const { pipeline, hint } = planCount(table, plan)(request);
  return [textOf(pipeline), hintText(hint)];
};

const textOf = (value: object): string => BSON.EJSON.stringify(value, { relaxed: true });

const hintText = (hint: string | undefined): string =>
  hint === undefined ? "no hint: each alternative finds its index" : `hint ${hint}`;

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
