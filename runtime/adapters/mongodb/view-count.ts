import { BSON, type Collection, type Document } from "mongodb";
import type { Message } from "../../codec.ts";
import type { Plan } from "../../view/plan.ts";
import type { ViewLayout } from "../../view/store.ts";
import { guarded } from "./errors.ts";
import type { RowDocument } from "./view-document.ts";
import { planFilter } from "./view-filter.ts";

/** How the server counts a plan's rows, by the plan's indexes and without giving any. */
export type CountQuery = { readonly pipeline: readonly Document[]; readonly hint: string | undefined };

export const planCount = (table: ViewLayout, plan: Plan): ((request: Message) => CountQuery) => {
  const { filter, hint } = planFilter(table, plan);
  return (request) => ({
    pipeline: [{ $match: filter(request) }, { $group: { _id: null, count: { $sum: 1 } } }],
    hint,
  });
};

export const countRows = async (collection: Collection<RowDocument>, query: CountQuery): Promise<number> => {
  const [counted] = await guarded(() => run(collection, query).toArray());
  // Of no rows there is no group.
  return Number(counted?.count ?? 0);
};

export const explainCount = async (collection: Collection<RowDocument>, query: CountQuery): Promise<string> =>
  BSON.EJSON.stringify(await guarded(() => run(collection, query).explain("executionStats")), undefined, 2, {
    relaxed: true,
  });

const run = (collection: Collection<RowDocument>, { pipeline, hint }: CountQuery) =>
  collection.aggregate<{ readonly count: unknown }>([...pipeline], hint === undefined ? {} : { hint });
