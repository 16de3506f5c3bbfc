import type { DescMessage } from "@bufbuild/protobuf";
import type { Message, MessageFns } from "./codec.ts";
import type { EntityJournal } from "./entity/journal.ts";
import type { NoteStore } from "./entity/notes.ts";
import type { ViewStore } from "./view/store.ts";

export type { ViewStore } from "./view/store.ts";

/** A message type: its full name, how it is read and written, and its description. */
export type MessageType<T extends Message = Message> = MessageFns<T> & {
  readonly name: string;
  readonly schema: DescMessage;
};

// --- EventBus ---------------------------------------------------------------------------------

export type CleanupPolicy = "compact" | { readonly deleteAfterMs: number };

export type TopicSpec = {
  readonly name: string;
  /** `undefined` takes the topic as it is, and creates a missing one with a week's retention. */
  readonly policy: CleanupPolicy | undefined;
  /** Taken when the topic is created; an existing topic keeps its own number. */
  readonly partitions?: number;
};

/** A record to be published. */
export type OutgoingRecord = {
  readonly topic: string;
  /** Required on compacted topics. */
  readonly key: string | undefined;
  /** What the partition is chosen by, when it is not the whole key. */
  readonly partitionKey?: string | undefined;
  /** `null` is a tombstone. */
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, string>>;
};

/** A record as it stands in the log. */
export type LogRecord = {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string | undefined;
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, string>>;
  /** Append time, milliseconds since the epoch. */
  readonly timestamp: number;
};

export type Subscription = {
  readonly group: string;
  readonly topics: readonly string[];
  /**
   * Called with records of one partition, in offset order. Further batches may come before an earlier
   * one has resolved, up to `window` unresolved records a partition. When it rejects, the
   * subscription stops with that error (see `onError`).
   */
  readonly onBatch: (batch: readonly LogRecord[]) => Promise<void>;
  /** Called once when the subscription cannot go on. */
  readonly onError: (error: unknown) => void;
  /** Unresolved records a partition may have; 1000 by default. */
  readonly window?: number;
};

/** A running reader of the log. `close` resolves when its last callback has returned. */
export type Reader = { close(): Promise<void> };

export type Follower = Reader & {
  /** Resolves when every record that stood in the log when the follower began has been delivered. */
  readonly caughtUp: Promise<void>;
};

export type Following = {
  readonly topic: string;
  /** Called for each record, in offset order within a partition, without waiting. */
  readonly onRecord: (record: LogRecord) => void;
  /** Called once when the follower cannot go on. */
  readonly onError: (error: unknown) => void;
};

/** The event log: Kafka in the mesh, tables of the embedded store in one process. */
export type EventBus = {
  /** Creates what is missing; throws TOPIC_MISMATCH when an existing topic has another cleanup policy. */
  ensureTopics(topics: readonly TopicSpec[]): Promise<void>;
  /**
   * Resolves when all records are durable. Concurrent calls are gathered into batches; records with
   * one key keep the order of the calls. A rejection means the outcome is *unknown*, unless the
   * error is INVALID_RECORD, which means nothing was written.
   */
  publish(records: readonly OutgoingRecord[]): Promise<void>;
  /** At least once, ordered within a partition, from the earliest record for a new group. */
  subscribe(subscription: Subscription): Promise<Reader>;
  /** Reads every partition from the beginning, without a group. */
  follow(following: Following): Promise<Follower>;
  /** The offset after the last record of each partition. */
  endOffsets(topic: string): Promise<ReadonlyMap<number, bigint>>;
  /** How many offsets before these ends, by partition, a group has yet to settle; what stands no more is none of them. */
  unread(group: string, topic: string, ends: ReadonlyMap<number, bigint>): Promise<bigint>;
  /** Whether everything that was ever published still stands, but for older values of a key on a compacted topic. */
  holdsAll(topic: string): Promise<boolean>;
  /** Forgets how far a group has read. Rejects while the group has members. */
  forgetGroup(group: string): Promise<void>;
  close(): Promise<void>;
};

// --- EntityStore ------------------------------------------------------------------------------

/** A kind of stored entity. */
export type EntityType = {
  readonly name: string;
  readonly state: MessageType;
  /** Some entities of it ask to be woken: the store finds them by their times. */
  readonly wakes?: boolean;
};

/** A message that was committed with an entity's state and is not yet known to be published. */
export type PendingMessage = OutgoingRecord & {
  /** Version of the entity and number within it; grows, and orders the messages of one entity. */
  readonly sequence: string;
};

/** What an entity has applied of a consumed partition; the store keeps the offsets as they are given. */
export type AppliedOffsets = {
  /** Consumer group, topic and partition. */
  readonly source: string;
  readonly offsets: readonly bigint[];
};

export type StoredEntity = {
  readonly key: string;
  readonly version: bigint;
  /** `undefined` after a delete. */
  readonly state: Message | undefined;
  readonly pending: readonly PendingMessage[];
  readonly applied: ReadonlyMap<string, readonly bigint[]>;
};

export type EntityChange = {
  readonly key: string;
  /** The version the change was made from; 0 for an entity that does not exist. */
  readonly expectedVersion: bigint;
  readonly version: bigint;
  readonly state: Message | undefined;
  /** Joins the messages that are there. */
  readonly pending: readonly PendingMessage[];
  /** All messages that the expected version has are published: they are forgotten with this change. */
  readonly forgetsEarlier?: boolean;
  /** Replaces what was stored of this source. */
  readonly applied: AppliedOffsets | undefined;
  /** When the entity asks to be woken, in milliseconds since the epoch; `undefined` for not at all. */
  readonly wakeAt?: number | undefined;
};

/** Entities of a type with `wakes` whose time has come, or lies further ahead than any of them can mean. */
export type WakeRange = { readonly until: number; readonly beyond: number };

/** Entities by key: MongoDB in the mesh, SQLite in one process. */
export type EntityStore = {
  /** Prepares the store for these types. */
  open(types: readonly EntityType[]): Promise<void>;
  /** Concurrent calls are gathered into one round trip. */
  load(type: EntityType, key: string): Promise<StoredEntity | undefined>;
  /**
   * State, messages and position in one atomic write, or none of them. A conflict says that nothing of this write
   * was made, since another stands: that may be the caller's own earlier one, whose outcome it was not told. `load`
   * shows it; after a change of primary perhaps only in a moment, and until then every save is a conflict.
   */
  save(type: EntityType, change: EntityChange): Promise<"saved" | "conflict">;
  /** Forgets the messages up to and with this sequence, and no others. */
  clearPending(type: EntityType, key: string, through: string): Promise<void>;
  /** Entities with messages that are not known to be published. */
  pending(type: EntityType): AsyncIterable<StoredEntity>;
  /** Keys of entities that ask to be woken, of a type that was opened with `wakes`; a thousand at most. */
  toWake(type: EntityType, range: WakeRange): Promise<readonly string[]>;
  /** All entities with a key after `after`, in key order. */
  scan(type: EntityType, after?: string): AsyncIterable<StoredEntity>;
  /** The journals of event-sourced entities. */
  readonly journal: EntityJournal;
  /** What the runtime remembers of its own work. */
  readonly notes: NoteStore;
  /** Resolves when the store answers; throws STORE_UNAVAILABLE when it does not, in the time any call may take. */
  ping(): Promise<void>;
  close(): Promise<void>;
};

/** The three ports of one way of running. */
export type Ports = {
  readonly bus: EventBus;
  readonly entities: EntityStore;
  readonly views: ViewStore;
  close(): Promise<void>;
};
