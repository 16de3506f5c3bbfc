import type { AnyBulkWriteOperation, UpdateFilter, UpdateOneModel } from "mongodb";
import type { Message } from "../../codec.ts";
import { columnElements, columnValue } from "../../view/column-value.ts";
import type { Column } from "../../view/plan.ts";
import { isNewer } from "../../view/position.ts";
import type { Position, ViewTable, ViewWrite } from "../../view/store.ts";
import { supportedText } from "../../view/value.ts";
import { documentCodec, type StoredMessage } from "./document.ts";
import { escapeKey } from "./document-keys.ts";
import { computedName, type RowDocument } from "./view-document.ts";

/** A write with everything that can fail already done. */
export type PreparedWrite = {
  readonly key: string;
  readonly source: string;
  readonly position: Position;
  /** `undefined` for a delete. */
  readonly row: StoredMessage | undefined;
  readonly computed: RowDocument["computed"];
};

/** Prepares the writes that none of the others makes void. Throws UNSUPPORTED_VALUE on a value that no column holds. */
export const prepareWrites = (table: ViewTable, writes: readonly ViewWrite[]): readonly PreparedWrite[] =>
  [...stepsByKey(writes).values()].flatMap((steps) => steps.map((step) => prepareWrite(table, step)));

const prepareWrite = (table: ViewTable, { key, source, position, row }: ViewWrite): PreparedWrite => {
  supportedText(key, "the row's key");
  const computed = row && computedOf(row, table.columns);
  return { key, source, position, row: row && documentCodec(table.row.schema).toDocument(row), computed };
};

/** The columns that are made from the row; reads all others as well, so that one no store could hold is refused. */
export const computedOf = (row: Message, columns: readonly Column[]): RowDocument["computed"] => {
  const computed: Record<string, unknown> = {};
  for (const column of columns) {
    const value = column.isList ? columnElements(row, column) : columnValue(row, column);
    if (column.computed !== undefined && value !== undefined) computed[computedName(column)] = value;
  }
  return Object.keys(computed).length === 0 ? undefined : computed;
};

/** The write of one key. A duplicate key tells that another was first, or, of a guarded one, that it is older. */
export type KeyUpdate = { readonly isGuarded: boolean; readonly operation: AnyBulkWriteOperation<RowDocument> };

/** One update a key, for keys in the order in which they first come. */
export const updatesOf = (writes: readonly PreparedWrite[], now: Date): KeyUpdate[] =>
  [...stepsByKey(writes)].map(([key, steps]) => {
    const [step] = steps;
    if (step !== undefined && steps.length === 1) {
      return { isGuarded: true, operation: { updateOne: guardedUpdate(step, now) } };
    }
    // Each write is a stage: the next one sees what it left.
    const update = steps.map((each) => stageOf(each, now));
    return { isGuarded: false, operation: { updateOne: { filter: { _id: key }, update, upsert: true } } };
  });

/**
 * A plain update costs the server half of what a pipeline does. Where the row is as new already the filter finds
 * nothing, and the insert that is tried instead fails on the row's key.
 */
const guardedUpdate = (write: PreparedWrite, now: Date): UpdateOneModel<RowDocument> => {
  const { key, source, position, row, computed } = write;
  const { scale, at } = position;
  const place = `at.${escapeKey(source)}`;
  const isAsNew = { [`${place}.scale`]: scale, [`${place}.at`]: { $gte: at } };
  const set: Record<string, unknown> = { live: row !== undefined, [place]: { scale, at } };
  const unset: Record<string, true> = {};
  for (const [name, value] of Object.entries({ row, computed, deleted_at: row === undefined ? now : undefined })) {
    if (value === undefined) unset[name] = true;
    else set[name] = value;
  }
  const update: UpdateFilter<RowDocument> = { $set: set, $unset: unset };
  return { filter: { _id: key, $nor: [isAsNew] }, update, upsert: true };
};

/**
 * The writes of each key without those that another of the batch makes void. Of neighbours with one source and
 * scale only the newest counts, whatever is stored; what stands between other writes keeps its place.
 */
const stepsByKey = <T extends Pick<ViewWrite, "key" | "source" | "position">>(
  writes: readonly T[],
): ReadonlyMap<string, readonly T[]> => {
  const byKey = new Map<string, T[]>();
  for (const write of writes) {
    const kept = byKey.get(write.key);
    const last = kept?.at(-1);
    if (kept === undefined || last === undefined) byKey.set(write.key, [write]);
    else if (last.source !== write.source || last.position.scale !== write.position.scale) kept.push(write);
    else if (isNewer(write.position, last.position)) kept[kept.length - 1] = write;
  }
  return byKey;
};

/** Replaces the document if the write is newer than what its source last wrote, on the server and at once. */
const stageOf = ({ source, position: { scale, at }, row, computed }: PreparedWrite, now: Date): object => {
  const name = escapeKey(source);
  const isOtherScale = { $ne: [`$at.${name}.scale`, { $literal: scale }] };
  const isOlder = { $lt: [`$at.${name}.at`, { $literal: at }] };
  const positions = { $mergeObjects: ["$at", { $literal: { [name]: { scale, at } } }] };
  const beside = computed === undefined ? {} : { computed: { $literal: computed } };
  const replacement =
    row === undefined
      ? { _id: "$_id", live: { $literal: false }, at: positions, deleted_at: now }
      : { _id: "$_id", live: { $literal: true }, at: positions, row: { $literal: row }, ...beside };
  return { $replaceWith: { $cond: [{ $or: [isOtherScale, isOlder] }, replacement, "$$ROOT"] } };
};
