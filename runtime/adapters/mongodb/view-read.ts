import { setImmediate as nextTurn } from "node:timers/promises";
import {
  BSON,
  type ClientSession,
  type Collection,
  type FindCursor,
  type FindOptions,
  type MongoClient,
  MongoServerError,
} from "mongodb";
import type { Message } from "../../codec.ts";
import { MeshError } from "../../errors.ts";
import type { Plan } from "../../view/plan.ts";
import type { Page, ViewTable } from "../../view/store.ts";
import { windowOf } from "../../view/window.ts";
import { rowReader } from "./document-reader.ts";
import { guarded } from "./errors.ts";
import type { RowDocument } from "./view-document.ts";
import { planFilter, type RowFilter } from "./view-filter.ts";

/** A plan over a collection. */
export type PlanReader = {
  find(request: Message): AsyncIterable<Page>;
  explain(request: Message): Promise<string>;
};

export type ReadOptions = {
  /** Most rows of a page. What the server gives in one reply, at most 16 MiB, is a page. */
  readonly pageRows: number;
};

/** Where the rows of a table are. */
export type RowSource = {
  readonly client: MongoClient;
  readonly collection: Collection<RowDocument>;
  readonly table: ViewTable;
};

type Raw = Uint8Array;

const rowsOnly: FindOptions = { projection: { row: 1 }, raw: true };

export const createPlanReader = (source: RowSource, plan: Plan, options: ReadOptions): PlanReader => {
  const isWhole = plan.disjuncts.some(({ index }) => index.length === 0);
  return isWhole ? wholeTable(source, plan, options) : conditional(source, plan, options);
};

/** Every live row, in the order of keys, each page from where the last one ended. */
const wholeTable = ({ collection, table }: RowSource, plan: Plan, { pageRows }: ReadOptions): PlanReader => {
  const pageFrom = (from: { $gte: string } | { $gt: string }, window: FindOptions): FindCursor<RowDocument> =>
    collection.find({ _id: from, live: true }, { ...rowsOnly, ...by("_id_"), sort: { _id: 1 }, ...window });
  return {
    async *find(request) {
      const { offset, limit } = windowOf(plan, request);
      let left = limit;
      for (let after: string | undefined; left > 0; ) {
        const size = Math.min(left, pageRows);
        const cursor =
          after === undefined
            ? pageFrom({ $gte: "" }, { limit: size, skip: offset })
            : pageFrom({ $gt: after }, { limit: size });
        const replies = await allOf(cursor);
        if (replies.length === 0) return;
        const { page, lastKey } = await decode(table, replies);
        yield page;
        if (replies.length < size) return;
        left -= replies.length;
        after = lastKey;
      }
    },
    explain: () => explainText(pageFrom({ $gte: "" }, { limit: pageRows, raw: false })),
  };
};

/**
 * One reply when the rows fit a page. Else the keys of all of them are read of the same moment, and the rows page by
 * page; one that has changed since is tested again.
 */
const conditional = ({ client, collection, table }: RowSource, plan: Plan, { pageRows }: ReadOptions): PlanReader => {
  const { filter: filterOf, hint } = planFilter(table, plan);

  const readFirst = async (filter: RowFilter, window: FindOptions, session: ClientSession) => {
    const same = { ...by(hint), ...window, session };
    const cursor = collection.find(filter, { ...rowsOnly, ...same, batchSize: pageRows });
    try {
      const replies = await nextReplies(cursor);
      if (cursor.id === undefined || cursor.id.isZero()) return { replies, rest: [] };
      const keys = collection.find(filter, { projection: { _id: 1 }, ...same, batchSize: largestBatch });
      return { replies, rest: (await guarded(() => keys.toArray())).map(({ _id }) => _id) };
    } finally {
      await cursor.close();
    }
  };

  return {
    async *find(request) {
      const filter = filterOf(request);
      const { limit, offset } = windowOf(plan, request);
      if (limit === 0) return;
      const window = limit === Number.MAX_SAFE_INTEGER ? { skip: offset } : { skip: offset, limit };
      const { replies, rest } = await ofOneMoment(client, (session) => readFirst(filter, window, session));
      if (replies.length === 0) return;
      const { page, keys: given } = await decode(table, replies);
      const keys = rest.filter((key) => !given.has(key));
      yield page;
      for (let start = 0; start < keys.length; start += pageRows) {
        const isOfPage = { _id: { $in: keys.slice(start, start + pageRows) } };
        const again = { ...rowsOnly, ...by("_id_"), batchSize: pageRows + 1 };
        const found = await allOf(collection.find({ $and: [isOfPage, filter] }, again));
        if (found.length > 0) yield (await decode(table, found)).page;
      }
    },
    explain: (request) =>
      explainText(collection.find(filterOf(request), { ...rowsOnly, ...by(hint), raw: false, bsonRegExp: true })),
  };
};

/** The server ends a reply at 16 MiB in any case. */
const largestBatch = 1_000_000;

const by = (hint: string | undefined): FindOptions => (hint === undefined ? {} : { hint });

const snapshotUnavailable = 246;
const retryForMs = 5000;

/** Reads in one snapshot. None can be had of the moment in which the collection's indexes changed: it passes. */
const ofOneMoment = async <T>(client: MongoClient, read: (session: ClientSession) => Promise<T>): Promise<T> => {
  for (const deadline = Date.now() + retryForMs; ; await nextTurn()) {
    const session = client.startSession({ snapshot: true });
    try {
      return await read(session);
    } catch (error) {
      const isPassing = error instanceof MongoServerError && error.code === snapshotUnavailable;
      if (!isPassing) throw error;
      if (Date.now() > deadline) throw new MeshError("STORE_UNAVAILABLE", error.message, { cause: error });
    } finally {
      await session.endSession();
    }
  }
};

/** The documents of the server's next reply, as bytes. */
const nextReplies = async (cursor: FindCursor<RowDocument>): Promise<Raw[]> => {
  if (!(await guarded(() => cursor.hasNext()))) return [];
  // Of a cursor with `raw` these are bytes, which the driver has no type for.
  return cursor.readBufferedDocuments() as unknown[] as Raw[];
};

const allOf = async (cursor: FindCursor<RowDocument>): Promise<Raw[]> => {
  const all: Raw[] = [];
  for (let replies = await nextReplies(cursor); replies.length > 0; replies = await nextReplies(cursor)) {
    for (const reply of replies) all.push(reply);
  }
  return all;
};

/** No message is larger than three times its document: the worst is a list of negative numbers. */
const sizeFactor = 3;
const decodedPerTurn = 1000;

type Decoded = { readonly page: Page; readonly keys: ReadonlySet<string>; readonly lastKey: string };

/** Decodes a page with pauses, in which other calls get their turn. */
const decode = async (table: ViewTable, replies: readonly Raw[]): Promise<Decoded> => {
  const read = rowReader(table.row.schema);
  const rows: Message[] = [];
  const keys = new Set<string>();
  let sizeAtMost = 0;
  let lastKey = "";
  for (const bytes of replies) {
    const { key, row } = read(bytes);
    rows.push(row);
    keys.add(key);
    lastKey = key;
    sizeAtMost += bytes.length * sizeFactor;
    if (rows.length % decodedPerTurn === 0) await nextTurn();
  }
  return { page: { rows, sizeAtMost }, keys, lastKey };
};

const explainText = async (cursor: FindCursor<RowDocument>): Promise<string> =>
  BSON.EJSON.stringify(await guarded(() => cursor.explain("executionStats")), undefined, 2, { relaxed: true });
