import type { Message } from "../codec.ts";
import type { AppliedOffsets, EntityType, PendingMessage } from "../ports.ts";

/** An event as it is stored, or the deletion of the entity, which stands among its events. */
export type StoredEvent =
  | { readonly kind: "event"; readonly type: string; readonly value: Uint8Array }
  | { readonly kind: "deletion" };

/** What an entry and all before it come to. */
export type Snapshot = {
  /** `undefined` after a deletion. */
  readonly state: Message | undefined;
  readonly applied: ReadonlyMap<string, readonly bigint[]>;
};

/** One unit of work of an event-sourced entity. Entries are never changed, but for their pending messages. */
export type JournalEntry = {
  readonly key: string;
  /** 1, 2, 3, … for each key, without a gap. */
  readonly sequence: bigint;
  readonly version: bigint;
  /** At least one. */
  readonly events: readonly StoredEvent[];
  readonly pending: readonly PendingMessage[];
  readonly applied: AppliedOffsets | undefined;
  /** Stored with an entry now and then, when no entry before it has messages that are still to be published. */
  readonly snapshot: Snapshot | undefined;
};

/** An entry for one who reads its events only, and need not know the type of the state. */
export type PlainEntry = Omit<JournalEntry, "snapshot">;

/** Messages of one key that are not known to be published. */
export type PendingOfKey = { readonly key: string; readonly pending: readonly PendingMessage[] };

/** The events of entities, one journal a key; beside the entities in MongoDB or SQLite. */
export type EntityJournal = {
  /** Prepares the store for these types. */
  open(types: readonly EntityType[]): Promise<void>;
  /** The entries of a key after `after`, in order; with 0 those from the newest snapshot on, that one included. */
  read(type: EntityType, key: string, after: bigint): Promise<readonly JournalEntry[]>;
  /** Adds the next entry of a key, whole or not at all; a conflict when the key has one with this sequence. */
  append(type: EntityType, entry: JournalEntry): Promise<"saved" | "conflict">;
  /** Forgets the messages of a key up to and with this sequence, and no others. */
  clearPending(type: EntityType, key: string, through: string): Promise<void>;
  /** Keys with messages that are not known to be published, each once. */
  pending(type: EntityType): AsyncIterable<PendingOfKey>;
  /** All entries of a key, from the first, without their snapshots. */
  history(entityType: string, key: string): AsyncIterable<PlainEntry>;
  /** All entries of the keys after `after`, by key and then in order, without their snapshots. */
  scan(entityType: string, after?: string): AsyncIterable<PlainEntry>;
};
