import type { Collection, Db } from "mongodb";
import type { MadeParts } from "../../view/indexes.ts";
import type { IndexPart } from "../../view/plan.ts";
import type { ViewTable } from "../../view/store.ts";
import { guarded, unhurried } from "./errors.ts";
import { columnPath, type RowDocument } from "./view-document.ts";
import { fillComputed } from "./view-fill.ts";
import { forgetWriters, type Versions } from "./view-versions.ts";

/** What is made of a table. */
type Definition = {
  readonly _id: string;
  readonly columns: readonly string[];
  readonly indexes: readonly string[];
  readonly opened_at: Date;
};

const keepDeletedSeconds = 7 * 24 * 3600;

/** A table's collection, what of it is made already, and how the rest is. */
export type PreparedTable = {
  readonly collection: Collection<RowDocument>;
  readonly isNew: boolean;
  readonly made: MadeParts;
  /** Resolves when every column is filled and every index can be used; other work on the collection goes on. */
  readonly finish: () => Promise<void>;
};

/**
 * Fills the columns and creates the indexes that are missing. None is dropped: while versions of a service overlap,
 * another one may still read by it.
 */
export const prepareTable = async (
  db: Db,
  table: ViewTable,
  versions: Versions,
  now: () => number,
): Promise<PreparedTable> => {
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
  const definitions = db.collection<Definition>("view_definitions");
  const stored = await guarded(() => definitions.findOne({ _id: table.id }));
  const filled = new Set(stored?.columns);
  // Of a column that stands in the row itself nothing has to be filled.
  const kept = table.columns.filter(({ path, computed }) => computed === undefined || filled.has(path));
  const made = { columns: new Set(kept.map(({ path }) => path)), indexes: new Set(stored?.indexes) };
  // A column that no version in use names is not kept up to date from now on, however far this one gets.
  const keptUp = [...paths.keys(), ...versions.kept()];
  await guarded(() => definitions.updateOne({ _id: table.id }, { $pull: { columns: { $nin: keptUp } } }));
  return {
    collection,
    isNew: stored === null,
    made: stored === null ? { columns: new Set(), indexes: new Set() } : made,
    async finish() {
      const missing = table.columns.filter(({ path, computed }) => computed !== undefined && !filled.has(path));
      if (missing.length > 0) {
        await versions.everyoneKnows();
        await fillComputed(collection, table, missing);
      }
      await unhurried(() => collection.createIndexes([deletedIndex, ...indexes]));
      const names = table.indexes.map(({ name }) => name);
      const definition = {
        $addToSet: { columns: { $each: [...paths.keys()] }, indexes: { $each: names } },
        $set: { opened_at: new Date(now()) },
      };
      await guarded(() => definitions.updateOne({ _id: table.id }, definition, { upsert: true }));
    },
  };
};

const deletedIndex = {
  key: { deleted_at: 1 },
  name: "deleted",
  expireAfterSeconds: keepDeletedSeconds,
  partialFilterExpression: { deleted_at: { $exists: true } },
} as const;

/** Deletes a table's collection, then its definition. */
export const dropTable = async (db: Db, id: string): Promise<void> => {
  await forgetWriters(db, id);
  await guarded(() => db.collection(id).drop());
  await guarded(() => db.collection<Definition>("view_definitions").deleteOne({ _id: id }));
};
