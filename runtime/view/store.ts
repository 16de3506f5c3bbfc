import type { Message } from "../codec.ts";
import type { MessageType } from "../ports.ts";
import type { Column, IndexPart, Plan } from "./plan.ts";
import type { TableFollower, TableFollowing } from "./row-state.ts";

export type { Column, ColumnType } from "./plan.ts";

/**
 * A place in the order of a row's source. Positions are compared only within one scale ("sequence" for
 * an entity's versions, "offset/<partition>" for a topic without them), as text of fixed width.
 */
export type Position = { readonly scale: string; readonly at: string };

/** One compound index, no part of it in `either` direction. Every index begins with the row being live. */
export type Index = {
  readonly name: string;
  readonly parts: readonly IndexPart[];
  /** The one of them that is a list: the index has an entry for each element, and none for a row without elements. */
  readonly list?: string;
};

/** What the protos alone tell of a stored table: enough to compile and to explain a query, not to read its rows. */
export type ViewLayout = {
  /** Name and hash of the view's identity; names the stored table. */
  readonly id: string;
  readonly row: Pick<MessageType, "schema">;
  readonly columns: readonly Column[];
  readonly indexes: readonly Index[];
};

/** The stored form of a view's table: its identity, row type, and what the queries need. */
export type ViewTable = ViewLayout & { readonly row: MessageType };

/** One change of one row. It is applied when its position is newer than the row's of the same source and scale. */
export type ViewWrite = {
  readonly key: string;
  readonly source: string;
  readonly position: Position;
  /** `undefined` deletes the row; its position is kept, so that an older write cannot bring it back. */
  readonly row: Message | undefined;
};

/** A row as a handler finds it, with the last position of each source; `undefined` in place of a deleted row. */
export type StoredRow = { readonly row: Message | undefined; readonly at: ReadonlyMap<string, Position> };

/** A row that a handler made of the one before. It is written only while the stored positions are still `expected`. */
export type RowChange = {
  readonly key: string;
  /** Empty for a row that was never written. */
  readonly expected: ReadonlyMap<string, Position>;
  readonly at: ReadonlyMap<string, Position>;
  /** `undefined` deletes the row, as in a `ViewWrite`. */
  readonly row: Message | undefined;
};

/** Rows that were read together. `sizeAtMost` is no less than the sum of their encoded sizes, in bytes. */
export type Page = { readonly rows: readonly Message[]; readonly sizeAtMost: number };

/** One window of a sorted plan. */
export type Window = Page & {
  /** Row keys, beside their rows. */
  readonly keys: readonly string[];
  /** Were there more rows after the last one, at the moment of reading? */
  readonly hasMore: boolean;
};

export const noWindow: Window = { rows: [], sizeAtMost: 0, keys: [], hasMore: false };

/** A table that takes writes, whose new columns and indexes may still have to be made. */
export type Preparation = {
  /** The table was made just now, or left half made: it has no rows, or none that any query was answered with. */
  readonly isNew: boolean;
  /** Whether a query can be answered already. */
  isReady(plan: Plan): boolean;
  /** Makes what is missing, while the table is in use; after it every query can be answered. */
  finish(): Promise<void>;
};

/** Rows of views: MongoDB in the mesh, SQLite in one process. */
export type ViewStore = {
  /** Creates the table, its columns and its indexes; resolves when all of them can be used. */
  open(table: ViewTable): Promise<void>;
  /** The same in two parts: it resolves when rows can be written, and queries answered that need nothing new. */
  prepare(table: ViewTable): Promise<Preparation>;
  /** Deletes a stored table and its definition; nothing when there is none. */
  drop(id: string): Promise<void>;
  /**
   * Applies the writes in order, each by the rule of its position; resolves when they are durable. Concurrent
   * calls are gathered. Throws UNSUPPORTED_VALUE, and writes nothing of the call, on a value no column holds.
   */
  write(table: ViewTable, writes: readonly ViewWrite[]): Promise<void>;
  /** The rows of these keys, as far as they were ever written. */
  load(table: ViewTable, keys: readonly string[]): Promise<ReadonlyMap<string, StoredRow>>;
  /**
   * Writes rows over what was read, at most one a key, and says of each whether it was written; durable then. Throws
   * UNSUPPORTED_VALUE, and writes nothing of the call, on a value no column holds.
   */
  replace(table: ViewTable, changes: readonly RowChange[]): Promise<readonly boolean[]>;
  /**
   * Live rows that the plan selects, each once, in pages. A row that changes while pages are read is given as
   * it is when its page is read, and only if it still matches.
   */
  find(table: ViewTable, plan: Plan, parameters: Message): AsyncIterable<Page>;
  /**
   * The rows of a sorted plan's window, all at once. Throws INVALID_PAGE_TOKEN on one that is not of this plan and
   * these parameters.
   */
  page(table: ViewTable, plan: Plan, parameters: Message): Promise<Window>;
  /** How many live rows the plan's condition selects, whatever its window. Reads no row. */
  count(table: ViewTable, plan: Plan, parameters: Message): Promise<number>;
  /** The engine's own plan, for proof that a query uses its indexes. */
  explain(table: ViewTable, plan: Plan, parameters: Message): Promise<string>;
  /** Follows the changes of the table's rows, whoever makes them. Throws STORE_UNAVAILABLE. */
  follow(table: ViewTable, following: TableFollowing): Promise<TableFollower>;
  /** Resolves when the store answers; throws STORE_UNAVAILABLE when it does not, in the time any call may take. */
  ping(): Promise<void>;
  close(): Promise<void>;
};
