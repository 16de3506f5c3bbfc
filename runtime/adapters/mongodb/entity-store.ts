import type { AnyBulkWriteOperation, Collection, Db, Filter } from "mongodb";
import { MeshError } from "../../errors.ts";
import type { EntityChange, EntityStore, EntityType, StoredEntity } from "../../ports.ts";
import { createCoalescer } from "../coalesce.ts";
import { type BulkOutcome, runBulk } from "./bulk.ts";
import { type EntityDocument, entityOf, updateOf } from "./entity-document.ts";
import { answerWithinMs, guarded, noAnswer, ping, unhurried } from "./errors.ts";
import { createMongoJournal } from "./journal.ts";
import { createMongoNotes } from "./notes.ts";

type Entities = Collection<EntityDocument>;
type Write = AnyBulkWriteOperation<EntityDocument>;

/** One type's collection, with its calls gathered into round trips. */
type TypeStore = {
  readonly collection: Entities;
  readonly load: (key: string) => Promise<EntityDocument | undefined>;
  readonly write: (write: Write) => Promise<BulkOutcome>;
};

const scanPage = 200;
/** A write's answer waits for the journal: a wave of keys goes in one. */
const maxItems = 5000;
const pendingIndex = "pending";
const wakeIndex = "wakeAt";
const mostToWake = 1000;
const hasPending = { "pending.0": { $exists: true } };

export type MongoEntityStoreOptions = {
  /** How long a write waits for others when none is under way. */
  readonly coalesceWindowMs?: number | undefined;
};

/** Entities as collections, one a type. The connection is opened, and closed, by someone else. */
export const createMongoEntityStore = (db: Db, { coalesceWindowMs }: MongoEntityStoreOptions = {}): EntityStore => {
  const types = new Map<string, TypeStore>();
  let isClosed = false;

  const storeOf = ({ name }: EntityType): TypeStore => {
    if (isClosed) throw new MeshError("STORE_UNAVAILABLE", "the store is closed");
    let store = types.get(name);
    if (store === undefined) {
      store = createTypeStore(db.collection<EntityDocument>(`entity_${name}`), coalesceWindowMs);
      types.set(name, store);
    }
    return store;
  };

  return {
    async open(opened) {
      for (const type of opened) {
        const { collection } = storeOf(type);
        const options = { name: pendingIndex, partialFilterExpression: hasPending };
        await unhurried(() => collection.createIndex({ _id: 1, version: 1 }, options));
        if (type.wakes) await unhurried(() => collection.createIndex({ wakeAt: 1 }, { name: wakeIndex, sparse: true }));
      }
    },
    async load(type, key) {
      const document = await storeOf(type).load(key);
      return document && entityOf(type, document);
    },
    async save(type, change) {
      const outcome = await storeOf(type).write(saveOf(type, change));
      if (outcome.kind === "done") return "saved";
      if (outcome.code === duplicateKey || outcome.code === immutableField) return "conflict";
      throw outcome.error;
    },
    async clearPending(type, key, through) {
      const update = { $pull: { pending: { sequence: { $lte: through } } } };
      const outcome = await storeOf(type).write({ updateOne: { filter: { _id: key }, update } });
      if (outcome.kind === "refused") throw outcome.error;
    },
    pending: (type) => pages(type, storeOf(type).collection, hasPending, pendingIndex),
    async toWake(type, { until, beyond }) {
      const { collection } = storeOf(type);
      const options = { projection: { _id: 1 }, hint: wakeIndex, limit: mostToWake } as const;
      const find = (wakeAt: object) => guarded(() => collection.find({ wakeAt }, options).toArray());
      const found = await Promise.all([find({ $lte: until }), find({ $gt: beyond })]);
      return found.flat().map(({ _id }) => _id);
    },
    ping: () => ping(db),
    scan: (type, after) => pages(type, storeOf(type).collection, {}, "_id_", after),
    journal: createMongoJournal(db),
    notes: createMongoNotes(db),
    async close() {
      isClosed = true;
    },
  };
};

const duplicateKey = 11000;
const immutableField = 66;

/**
 * One write that says of itself whether it was made, which a batch's counts would not: when the expected version is
 * not there it tries to insert, and that fails. It fails on a document with this key; on none it fails where there
 * should have been one, because no document may be given another `_id`.
 */
const saveOf = (type: EntityType, change: EntityChange): Write => {
  const { key, expectedVersion } = change;
  const update = { ...updateOf(type, change), ...(expectedVersion === 0n ? {} : { $setOnInsert: { _id: "" } }) };
  return { updateOne: { filter: { _id: key, version: expectedVersion }, update, upsert: true } };
};

const patience = { waitMs: answerWithinMs, tooLate: noAnswer };

const createTypeStore = (collection: Entities, windowMs: number | undefined): TypeStore => ({
  collection,
  load: createCoalescer(
    async (keys: readonly string[]) => {
      const distinct = [...new Set(keys)];
      // One more than there can be: the reply then says at once that there are no others.
      const options = { batchSize: distinct.length + 1 };
      const found = await guarded(() => collection.find({ _id: { $in: distinct } }, options).toArray());
      const byKey = new Map(found.map((document) => [document._id, document]));
      return keys.map((key) => byKey.get(key));
    },
    { maxItems, ...patience },
  ),
  write: createCoalescer((writes: readonly Write[]) => runBulk(collection, writes), {
    maxItems,
    windowMs,
    ...patience,
  }),
});

async function* pages(
  type: EntityType,
  collection: Entities,
  filter: Filter<EntityDocument>,
  hint: string,
  after?: string,
): AsyncIterable<StoredEntity> {
  const pageFrom = (from: { $gte: string } | { $gt: string }): Promise<EntityDocument[]> =>
    guarded(() => collection.find({ ...filter, _id: from }, { hint, sort: { _id: 1 }, limit: scanPage }).toArray());

  for (let documents = await pageFrom(after === undefined ? { $gte: "" } : { $gt: after }); ; ) {
    for (const document of documents) yield entityOf(type, document);
    const last = documents.at(-1);
    if (last === undefined || documents.length < scanPage) return;
    documents = await pageFrom({ $gt: last._id });
  }
}
