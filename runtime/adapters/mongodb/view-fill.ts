import type { AnyBulkWriteOperation, Collection } from "mongodb";
import type { Column } from "../../view/plan.ts";
import type { ViewTable } from "../../view/store.ts";
import { runBulk } from "./bulk.ts";
import { documentCodec } from "./document.ts";
import { guarded } from "./errors.ts";
import type { RowDocument } from "./view-document.ts";
import { computedOf } from "./view-write.ts";

const pageRows = 500;

/**
 * Fills columns that are computed from rows which were written before there was a query that reads them. A row that
 * is written meanwhile brings its own.
 */
export const fillComputed = async (
  collection: Collection<RowDocument>,
  table: ViewTable,
  columns: readonly Column[],
): Promise<void> => {
  if (columns.length === 0) return;
  const { toMessage } = documentCodec(table.row.schema);
  const pageFrom = (from: { $gte: string } | { $gt: string }) =>
    guarded(() =>
      collection.find({ _id: from, live: true }, { hint: "_id_", sort: { _id: 1 }, limit: pageRows }).toArray(),
    );
  for (let page = await pageFrom({ $gte: "" }); page.length > 0; ) {
    const updates = page.flatMap(({ _id, at, row }): AnyBulkWriteOperation<RowDocument>[] => {
      const computed = row === undefined ? undefined : computedOf(toMessage(row), columns);
      if (computed === undefined) return [];
      const values = Object.fromEntries(Object.entries(computed).map(([name, value]) => [`computed.${name}`, value]));
      return [{ updateOne: { filter: { _id, at }, update: { $set: values } } }];
    });
    for (const outcome of updates.length === 0 ? [] : await runBulk(collection, updates)) {
      if (outcome.kind === "refused") throw outcome.error;
    }
    page = await pageFrom({ $gt: page.at(-1)?._id ?? "" });
  }
};
