import type { Collection, Db, Filter, FindOptions } from "mongodb";
import type { EntityJournal, JournalEntry, PendingOfKey, PlainEntry } from "../../entity/journal.ts";
import type { EntityType } from "../../ports.ts";
import { createCoalescer } from "../coalesce.ts";
import { type BulkOutcome, runBulk } from "./bulk.ts";
import { guarded, unhurried } from "./errors.ts";
import { documentOf, entryOf, type JournalDocument, plainEntryOf } from "./journal-document.ts";

type Entries = Collection<JournalDocument>;
type TypeJournal = {
  readonly collection: Entries;
  readonly append: (document: JournalDocument) => Promise<BulkOutcome>;
};

const page = 200;
const pendingIndex = "pending";
const hasPending = { "pending.0": { $exists: true } };
const duplicateKey = 11000;
const lastSequence = 2n ** 63n - 1n;

/** Journals as collections, one a type. The connection is opened, and closed, by someone else. */
export const createMongoJournal = (db: Db): EntityJournal => {
  const types = new Map<string, TypeJournal>();

  const journalOf = (name: string): TypeJournal => {
    const present = types.get(name);
    if (present !== undefined) return present;
    const collection = db.collection<JournalDocument>(`journal_${name}`);
    const journal = {
      collection,
      append: createCoalescer((documents: readonly JournalDocument[]) =>
        runBulk(
          collection,
          documents.map((document) => ({ insertOne: { document } })),
        ),
      ),
    };
    types.set(name, journal);
    return journal;
  };

  return {
    async open(opened) {
      for (const type of opened) {
        const options = { name: pendingIndex, partialFilterExpression: hasPending };
        await unhurried(() => journalOf(type.name).collection.createIndex({ _id: 1, version: 1 }, options));
      }
    },
    async read(type, key, after) {
      const { collection } = journalOf(type.name);
      if (after === 0n) return readFromSnapshot(type, collection, key);
      const found = await guarded(() => collection.find(entriesOf(key, after), { sort: { _id: 1 } }).toArray());
      return found.map((document) => entryOf(type, document));
    },
    async append(type, entry) {
      const outcome = await journalOf(type.name).append(documentOf(type, entry));
      if (outcome.kind === "done") return "saved";
      if (outcome.code === duplicateKey) return "conflict";
      throw outcome.error;
    },
    async clearPending(type, key, through) {
      const update = { $pull: { pending: { sequence: { $lte: through } } } };
      // An id beyond the key's own entries would be another key's: the range keeps to this one.
      const filter = { ...entriesOf(key, 0n), ...hasPending };
      await guarded(() => journalOf(type.name).collection.updateMany(filter, update, { hint: pendingIndex }));
    },
    pending: (type) => pendingByKey(journalOf(type.name).collection),
    history: (entityType, key) => entries(journalOf(entityType).collection, entriesOf(key, 0n)),
    scan: (entityType, after) =>
      entries(journalOf(entityType).collection, {
        _id: { $gt: { key: after ?? "", sequence: after === undefined ? 0n : lastSequence } },
      }),
  };
};

/** The entries of one key: a range of ids, which compare field by field. */
const entriesOf = (key: string, after: bigint): Filter<JournalDocument> => ({
  _id: { $gt: { key, sequence: after }, $lte: { key, sequence: lastSequence } },
});

/** Backwards to the newest snapshot: one round trip for as many entries as stand between two of them. */
const readFromSnapshot = async (type: EntityType, collection: Entries, key: string): Promise<JournalEntry[]> => {
  const found: JournalEntry[] = [];
  const cursor = collection.find(entriesOf(key, 0n), { sort: { _id: -1 }, batchSize: 128 });
  try {
    for (;;) {
      const document = await guarded(() => cursor.next());
      if (document === null) break;
      found.push(entryOf(type, document));
      if (document.snapshot !== undefined) break;
    }
  } finally {
    await cursor.close();
  }
  return found.reverse();
};

async function* entries(
  collection: Entries,
  filter: Filter<JournalDocument>,
  options: FindOptions = {},
): AsyncIterable<PlainEntry> {
  const pageOf = (from: Filter<JournalDocument>): Promise<JournalDocument[]> =>
    guarded(() =>
      collection.find(from, { ...options, projection: { snapshot: 0 }, sort: { _id: 1 }, limit: page }).toArray(),
    );

  for (let documents = await pageOf(filter); ; ) {
    for (const document of documents) yield plainEntryOf(document);
    const last = documents.at(-1);
    if (last === undefined || documents.length < page) return;
    documents = await pageOf({ $and: [filter, { _id: { $gt: last._id } }] });
  }
}

/** Neighbouring entries of one key are told together. */
async function* pendingByKey(collection: Entries): AsyncIterable<PendingOfKey> {
  let current: PendingOfKey | undefined;
  for await (const { key, pending } of entries(collection, hasPending, { hint: pendingIndex })) {
    if (current?.key === key) {
      current = { key, pending: [...current.pending, ...pending] };
      continue;
    }
    if (current !== undefined) yield current;
    current = { key, pending };
  }
  if (current !== undefined) yield current;
}
