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
import type { Page, ViewLayout, ViewTable } from "../../view/store.ts";
import { rowReader } from "./document-reader.ts";
import { guarded } from "./errors.ts";
import type { RowDocument } from "./view-document.ts";

export type ReadOptions = {
  /** Most rows of a page. What the server gives in one reply, at most 16 MiB, is a page. */
  readonly pageRows: number;
};

/** Where the rows of a table are. */
export type RowSource<T extends ViewLayout = ViewTable> = {
  readonly client: MongoClient;
  readonly collection: Collection<RowDocument>;
  readonly table: T;
};

export const rowsOnly: FindOptions = { projection: { row: 1 }, raw: true };

export const by = (hint: string | undefined): FindOptions => (hint === undefined ? {} : { hint });

/** A document as the server sent it. */
export type Raw = Uint8Array;

const snapshotUnavailable = 246;
const retryForMs = 5000;

/** Reads in one snapshot. None can be had of the moment in which the collection's indexes changed: it passes. */
export const ofOneMoment = async <T>(client: MongoClient, read: (session: ClientSession) => Promise<T>): Promise<T> => {
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
export const nextReplies = async (cursor: FindCursor<RowDocument>): Promise<Raw[]> => {
  if (!(await guarded(() => cursor.hasNext()))) return [];
  // Of a cursor with `raw` these are bytes, which the driver has no type for.
  return cursor.readBufferedDocuments() as unknown[] as Raw[];
};

export const allOf = async (cursor: FindCursor<RowDocument>): Promise<Raw[]> => {
  const all: Raw[] = [];
  for (let replies = await nextReplies(cursor); replies.length > 0; replies = await nextReplies(cursor)) {
    for (const reply of replies) all.push(reply);
  }
  return all;
};

/** No message is larger than three times its document: the worst is a list of negative numbers. */
const sizeFactor = 3;
const decodedPerTurn = 1000;

/** `keys` are in the order of the rows. */
export type Decoded = { readonly page: Page; readonly keys: readonly string[] };

/** Decodes a page with pauses, in which other calls get their turn. */
export const decode = async (table: ViewLayout, replies: readonly Raw[]): Promise<Decoded> => {
  const read = rowReader(table.row.schema);
  const rows: Message[] = [];
  const keys: string[] = [];
  let sizeAtMost = 0;
  for (const bytes of replies) {
    const { key, row } = read(bytes);
    rows.push(row);
    keys.push(key);
    sizeAtMost += bytes.length * sizeFactor;
    if (rows.length % decodedPerTurn === 0) await nextTurn();
  }
  return { page: { rows, sizeAtMost }, keys };
};

export const explainText = async (cursor: FindCursor<RowDocument>): Promise<string> =>
  BSON.EJSON.stringify(await guarded(() => cursor.explain("executionStats")), undefined, 2, { relaxed: true });
