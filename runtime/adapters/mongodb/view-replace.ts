import type { AnyBulkWriteOperation, Collection } from "mongodb";
import type { Position, RowChange, StoredRow, ViewTable } from "../../view/store.ts";
import { supportedText } from "../../view/value.ts";
import { runBulk } from "./bulk.ts";
import { documentCodec } from "./document.ts";
import { escapeKey, setOwn, unescapeKey } from "./document-keys.ts";
import { guarded } from "./errors.ts";
import type { Positions, RowDocument } from "./view-document.ts";
import { computedOf } from "./view-write.ts";

type Rows = Collection<RowDocument>;

/** The rows of these keys, with their positions in the order in which they are stored. */
export const loadRows = async (
  collection: Rows,
  table: ViewTable,
  keys: readonly string[],
): Promise<ReadonlyMap<string, StoredRow>> => {
  const options = { batchSize: keys.length + 1 };
  const found = await guarded(() => collection.find({ _id: { $in: [...keys] } }, options).toArray());
  const { toMessage } = documentCodec(table.row.schema);
  return new Map(found.map(({ _id, row, at }) => [_id, { row: row && toMessage(row), at: positionsOf(at) }]));
};

const duplicateKey = 11000;
const immutableField = 66;

/**
 * A write over other positions than the expected ones matches nothing, tries to insert, and fails: on the key that is
 * there, or, where a row was expected and none is, because no document may be given another `_id`.
 */
export const replaceRows = async (
  collection: Rows,
  table: ViewTable,
  changes: readonly RowChange[],
  now: Date,
): Promise<readonly boolean[]> => {
  const writes = changes.map((change) => writeOf(table, change, now));
  if (writes.length === 0) return [];
  const outcomes = await runBulk(collection, writes);
  for (const outcome of outcomes) {
    if (outcome.kind === "done" || outcome.code === duplicateKey || outcome.code === immutableField) continue;
    throw outcome.error;
  }
  return outcomes.map(({ kind }) => kind === "done");
};

const writeOf = (table: ViewTable, change: RowChange, now: Date): AnyBulkWriteOperation<RowDocument> => {
  const { key, expected, row } = change;
  supportedText(key, "the row's key");
  const computed = row && computedOf(row, table.columns);
  const at = documentOf(change.at);
  const update =
    row === undefined
      ? { $set: { live: false, at, deleted_at: now }, $unset: { row: "" as const, computed: "" as const } }
      : {
          $set: {
            live: true,
            at,
            row: documentCodec(table.row.schema).toDocument(row),
            ...(computed === undefined ? {} : { computed }),
          },
          $unset: { deleted_at: "" as const, ...(computed === undefined ? { computed: "" as const } : {}) },
        };
  if (expected.size === 0) return { updateOne: { filter: { _id: key, at: noPositions }, update, upsert: true } };
  // Equal as documents: the same sources in the same order, which is the order they were read in.
  const filter = { _id: key, at: documentOf(expected) };
  return { updateOne: { filter, update: { ...update, $setOnInsert: { _id: "" } }, upsert: true } };
};

/** What no stored row has: it makes the write of a new row an insert. */
const noPositions: Positions = {};

const documentOf = (at: ReadonlyMap<string, Position>): Positions => {
  const document = {};
  for (const [source, { scale, at: place }] of at) setOwn(document, escapeKey(source), { scale, at: place });
  return document;
};

const positionsOf = (at: Positions): ReadonlyMap<string, Position> =>
  new Map(Object.entries(at).map(([source, position]) => [unescapeKey(source), position]));
