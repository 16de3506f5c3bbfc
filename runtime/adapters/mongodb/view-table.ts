import type { Collection, Db } from "mongodb";
import type { IndexPart } from "../../view/plan.ts";
import type { ViewTable } from "../../view/store.ts";
import { guarded, unhurried } from "./errors.ts";
import { columnPath, type RowDocument } from "./view-document.ts";
import { fillComputed } from "./view-fill.ts";

/** What a table was last opened as. */
type Definition = {
  readonly _id: string;
  readonly columns: readonly string[];
  readonly indexes: readonly string[];
  readonly opened_at: Date;
};

const keepDeletedSeconds = 7 * 24 * 3600;

/**
 * Fills the columns and creates the indexes that are missing, and resolves when they can be used. None is dropped: while versions of a
 * service overlap, another one may still read by it.
 */
export const openTable = async (db: Db, table: ViewTable, now: Date): Promise<Collection<RowDocument>> => {
  const collection = db.collection<RowDocument>(table.id);
  const paths = new Map(table.columns.map((column) => [column.path, columnPath(column)]));
  const partOf = (part: IndexPart): [string, 1 | -1] =>
    part.kind === "key"
      ? ["_id", 1]
      : [paths.get(part.column) ?? part.column, part.direction === "descending" ? -1 : 1];
  const indexes = table.indexes.map(({ name, parts }) => ({
    key: new Map<string, 1 | -1>([["live", 1], ...parts.map(partOf)]),
    name,
  }));
  const deleted = {
    key: { deleted_at: 1 },
    name: "deleted",
    expireAfterSeconds: keepDeletedSeconds,
    partialFilterExpression: { deleted_at: { $exists: true } },
  } as const;
  const definitions = db.collection<Definition>("view_definitions");
  const stored = await guarded(() => definitions.findOne({ _id: table.id }));
  const missing = table.columns.filter(
    ({ path, computed }) => computed !== undefined && !stored?.columns.includes(path),
  );
  if (stored !== null) await fillComputed(collection, table, missing);
  await unhurried(() => collection.createIndexes([deleted, ...indexes]));
  const definition = { columns: [...paths.keys()], indexes: table.indexes.map(({ name }) => name), opened_at: now };
  await guarded(() => definitions.replaceOne({ _id: table.id }, definition, { upsert: true }));
  return collection;
};
