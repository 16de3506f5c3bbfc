import { MeshError } from "../../errors.ts";
import type { CleanupPolicy, LogRecord, OutgoingRecord, TopicSpec } from "../../ports.ts";
import { type Database, transaction } from "./database.ts";

const defaultPartitions = 8;
const defaultRetentionMs = 7 * 24 * 3_600_000;

/** `next` has the offset after the last record of each partition. */
export type Topic = { readonly id: bigint; readonly policy: CleanupPolicy; readonly next: bigint[] };
type Row = {
  offset: bigint;
  key: string | null;
  value: Buffer | null;
  headers: string;
  timestamp: bigint;
};

/** The records of all topics, as tables. Every call is one statement or one transaction. */
export type LogTable = {
  ensure(topics: readonly TopicSpec[]): void;
  /** Throws INVALID_RECORD for a record that its topic does not take. */
  check(record: OutgoingRecord): void;
  /** Appends checked records in one transaction. Gives the topics that grew. */
  append(records: readonly OutgoingRecord[]): ReadonlySet<string>;
  read(topic: string, partition: number, from: bigint, limit: number): LogRecord[];
  partitions(topic: string): number;
  end(topic: string, partition: number): bigint;
  committed(group: string, topic: string, partition: number): bigint;
  commit(group: string, topic: string, partition: number, offset: bigint): void;
  forget(group: string): void;
  holdsAll(topic: string): boolean;
  topics(): readonly (Topic & { readonly name: string })[];
};

export const createLogTable = (db: Database, now: () => number): LogTable => {
  db.exec(`
    CREATE TABLE IF NOT EXISTS topic (id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, policy TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS topic_partition (
      topic INTEGER, number INTEGER, next INTEGER NOT NULL, PRIMARY KEY (topic, number)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS record (
      topic INTEGER, partition INTEGER, offset INTEGER, key TEXT, value BLOB, headers TEXT NOT NULL,
      timestamp INTEGER NOT NULL, PRIMARY KEY (topic, partition, offset)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS consumer_offset (
      consumers TEXT, topic INTEGER, partition INTEGER, offset INTEGER NOT NULL,
      PRIMARY KEY (consumers, topic, partition)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS record_by_key ON record (topic, key, partition, offset);
  `);
  const insert = db.prepare<[bigint, number, bigint, string | null, Uint8Array | null, string, number]>(
    "INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?)",
  );
  const advance = db.prepare<[bigint, bigint, number]>(
    "UPDATE topic_partition SET next = ? WHERE topic = ? AND number = ?",
  );
  const select = db.prepare<[bigint, number, bigint, number], Row>(
    "SELECT offset, key, value, headers, timestamp FROM record WHERE topic = ? AND partition = ? AND offset >= ? ORDER BY offset LIMIT ?",
  );
  const readOffset = db
    .prepare<[string, bigint, number], bigint>(
      "SELECT offset FROM consumer_offset WHERE consumers = ? AND topic = ? AND partition = ?",
    )
    .pluck();
  const writeOffset = db.prepare<[string, bigint, number, bigint]>(
    "INSERT INTO consumer_offset VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET offset = excluded.offset",
  );

  const topics = new Map<string, Topic>();
  const load = (): void => {
    topics.clear();
    const rows = db
      .prepare<[], { id: bigint; name: string; policy: string }>("SELECT id, name, policy FROM topic")
      .all();
    const nexts = db
      .prepare<[bigint], bigint>("SELECT next FROM topic_partition WHERE topic = ? ORDER BY number")
      .pluck();
    for (const { id, name, policy } of rows) {
      topics.set(name, { id, policy: JSON.parse(policy) as CleanupPolicy, next: nexts.all(id) });
    }
  };
  load();

  const topicOf = (name: string): Topic => {
    const topic = topics.get(name);
    if (topic === undefined) {
      throw new MeshError("INVALID_RECORD", `topic "${name}" does not exist; declare it in an eventing annotation`);
    }
    return topic;
  };

  const create = transaction(db, (specs: readonly TopicSpec[]) => {
    for (const { name, policy = { deleteAfterMs: defaultRetentionMs }, partitions = defaultPartitions } of specs) {
      const id = db
        .prepare("INSERT INTO topic (name, policy) VALUES (?, ?)")
        .run(name, JSON.stringify(policy)).lastInsertRowid;
      for (let i = 0; i < partitions; i++) db.prepare("INSERT INTO topic_partition VALUES (?, ?, 0)").run(id, i);
    }
  });

  const appendAll = transaction(db, (records: readonly OutgoingRecord[]): Map<string, Map<number, bigint>> => {
    const grown = new Map<string, Map<number, bigint>>();
    const timestamp = now();
    for (const record of records) {
      const topic = topicOf(record.topic);
      const nexts = grown.get(record.topic) ?? new Map<number, bigint>();
      grown.set(record.topic, nexts);
      const partition = partitionOf(record, topic.next.length);
      const offset = nexts.get(partition) ?? (topic.next[partition] as bigint);
      insert.run(
        topic.id,
        partition,
        offset,
        record.key ?? null,
        record.value,
        JSON.stringify(record.headers),
        timestamp,
      );
      nexts.set(partition, offset + 1n);
    }
    for (const [name, nexts] of grown) {
      for (const [partition, next] of nexts) advance.run(next, topicOf(name).id, partition);
    }
    return grown;
  });

  return {
    ensure(specs) {
      const unique = new Map(specs.map((spec) => [spec.name, spec]));
      for (const { name, policy } of unique.values()) {
        const present = topics.get(name);
        if (
          present !== undefined &&
          policy !== undefined &&
          (present.policy === "compact") !== (policy === "compact")
        ) {
          throw new MeshError(
            "TOPIC_MISMATCH",
            `topic "${name}" has cleanup policy ${JSON.stringify(present.policy)}, the services need ${JSON.stringify(policy)}; delete the topic or use another name`,
          );
        }
      }
      create([...unique.values()].filter(({ name }) => !topics.has(name)));
      load();
    },
    check({ topic, key }) {
      const { policy } = topicOf(topic);
      if (key === undefined && policy === "compact") {
        throw new MeshError("INVALID_RECORD", `topic "${topic}" is compacted and takes no record without a key`);
      }
    },
    append(records) {
      const grown = appendAll(records);
      for (const [name, nexts] of grown) {
        for (const [partition, next] of nexts) topicOf(name).next[partition] = next;
      }
      return new Set(grown.keys());
    },
    read(name, partition, from, limit) {
      const { id, next } = topicOf(name);
      // Readers of all partitions wake when one has grown.
      if (from >= (next[partition] as bigint)) return [];
      return select.all(id, partition, from, limit).map((row) => ({
        topic: name,
        partition,
        offset: row.offset,
        key: row.key ?? undefined,
        value: row.value,
        headers: JSON.parse(row.headers) as Record<string, string>,
        timestamp: Number(row.timestamp),
      }));
    },
    partitions: (name) => topicOf(name).next.length,
    end: (name, partition) => topicOf(name).next[partition] as bigint,
    committed: (group, name, partition) => readOffset.get(group, topicOf(name).id, partition) ?? 0n,
    commit: (group, name, partition, offset) => {
      writeOffset.run(group, topicOf(name).id, partition, offset);
    },
    forget: (group) => {
      db.prepare("DELETE FROM consumer_offset WHERE consumers = ?").run(group);
    },
    holdsAll(name) {
      const { id, policy, next } = topicOf(name);
      const isThere = db.prepare("SELECT 1 FROM record WHERE topic = ? AND partition = ? AND offset = 0");
      return policy === "compact" || next.every((end, i) => end === 0n || isThere.get(id, i) !== undefined);
    },
    topics: () => [...topics].map(([name, topic]) => ({ name, ...topic })),
  };
};

/** FNV-1a over the text that chooses the partition; a record without key or partition key goes to the first. */
const partitionOf = ({ partitionKey, key }: OutgoingRecord, partitions: number): number => {
  const text = partitionKey ?? key ?? "";
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % partitions;
};
