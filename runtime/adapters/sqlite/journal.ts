import { decodeMessage, encodeMessage } from "../../codec.ts";
import type { EntityJournal, JournalEntry, PendingOfKey, PlainEntry, StoredEvent } from "../../entity/journal.ts";
import type { EntityType } from "../../ports.ts";
import { createCoalescer } from "../coalesce.ts";
import { type Database, transaction } from "./database.ts";
import { type PendingRow, readApplied, readPending, settled, writeApplied } from "./entity-rows.ts";

type EntryRow = {
  readonly key: string;
  readonly sequence: bigint;
  readonly version: bigint;
  readonly applied: string | null;
  readonly has_snapshot: bigint;
  readonly snapshot_state: Buffer | null;
  readonly snapshot_applied: string | null;
};
type EventRow = { readonly type: string | null; readonly value: Buffer | null };
/** An entry with its snapshot in bytes: what cannot be encoded fails its own caller, before it meets others. */
type Append = { readonly type: string; readonly entry: JournalEntry; readonly snapshot: Uint8Array | null };
type Outcome = "saved" | "conflict" | { readonly error: unknown };

const page = 200;

/** Journals as tables of the embedded store. */
export const createSqliteJournal = (db: Database): EntityJournal => {
  createTables(db);
  const columns = "key, sequence, version, applied, has_snapshot, snapshot_state, snapshot_applied";
  const selectAfter = db.prepare<[string, string, bigint, number], EntryRow>(
    `SELECT ${columns} FROM journal WHERE type = ? AND key = ? AND sequence > ? ORDER BY sequence LIMIT ?`,
  );
  const selectSnapshot = db
    .prepare<[string, string], bigint>(
      "SELECT sequence FROM journal WHERE type = ? AND key = ? AND has_snapshot = 1 ORDER BY sequence DESC LIMIT 1",
    )
    .pluck();
  const selectScan = db.prepare<[string, string, bigint, number], EntryRow>(
    `SELECT ${columns} FROM journal WHERE type = ? AND (key, sequence) > (?, ?) ORDER BY key, sequence LIMIT ?`,
  );
  const selectEvents = db.prepare<[string, string, bigint], EventRow>(
    "SELECT event_type AS type, value FROM journal_event WHERE type = ? AND key = ? AND entry = ? ORDER BY n",
  );
  const selectPending = db.prepare<[string, string, bigint], PendingRow>(
    `SELECT sequence, topic, record_key, partition_key, value, headers FROM journal_pending
     WHERE type = ? AND key = ? AND entry = ? ORDER BY sequence`,
  );
  const selectPendingKeys = db
    .prepare<[string, string, number], string>(
      "SELECT DISTINCT key FROM journal_pending WHERE type = ? AND key > ? ORDER BY key LIMIT ?",
    )
    .pluck();
  const selectPendingOfKey = db.prepare<[string, string], PendingRow>(
    `SELECT sequence, topic, record_key, partition_key, value, headers FROM journal_pending
     WHERE type = ? AND key = ? ORDER BY entry, sequence`,
  );
  const insert = db.prepare("INSERT OR IGNORE INTO journal VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  const insertEvent = db.prepare("INSERT INTO journal_event VALUES (?, ?, ?, ?, ?, ?)");
  const insertPending = db.prepare("INSERT INTO journal_pending VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  const deletePending = db.prepare("DELETE FROM journal_pending WHERE type = ? AND key = ? AND sequence <= ?");

  const appendOne = ({ type, entry, snapshot }: Append): "saved" | "conflict" => {
    const { key, sequence, version, events, pending, applied } = entry;
    const { changes } = insert.run(
      type,
      key,
      sequence,
      version,
      applied === undefined ? null : writeApplied(new Map([[applied.source, applied.offsets]])),
      entry.snapshot === undefined ? 0 : 1,
      snapshot,
      entry.snapshot === undefined ? null : writeApplied(entry.snapshot.applied),
    );
    if (changes === 0) return "conflict";
    for (const [n, event] of events.entries()) {
      const isEvent = event.kind === "event";
      insertEvent.run(type, key, sequence, n, isEvent ? event.type : null, isEvent ? event.value : null);
    }
    for (const { sequence: place, topic, key: recordKey, partitionKey, value, headers } of pending) {
      const text = JSON.stringify(headers);
      insertPending.run(type, key, sequence, place, topic, recordKey ?? null, partitionKey ?? null, value, text);
    }
    return "saved";
  };
  const appendAll = transaction(db, (appends: readonly Append[]) => appends.map(appendOne));
  const appendAlone = transaction(db, appendOne);
  const append = createCoalescer<Append, Outcome>((appends) => {
    try {
      return appendAll(appends);
    } catch {
      // One of them cannot be written; the others must not fail with it.
      return appends.map((each) => settled(() => appendAlone(each)));
    }
  });

  const plainEntryOf = (entityType: string, row: EntryRow): PlainEntry => {
    const [applied] = row.applied === null ? [] : readApplied(row.applied);
    return {
      key: row.key,
      sequence: row.sequence,
      version: row.version,
      events: selectEvents.all(entityType, row.key, row.sequence).map(readEvent),
      pending: selectPending.all(entityType, row.key, row.sequence).map(readPending),
      applied: applied && { source: applied[0], offsets: applied[1] },
    };
  };

  const entryOf = (type: EntityType, row: EntryRow): JournalEntry => ({
    ...plainEntryOf(type.name, row),
    snapshot:
      row.has_snapshot === 0n
        ? undefined
        : {
            state: row.snapshot_state === null ? undefined : decodeMessage(type.state, row.snapshot_state),
            applied: readApplied(row.snapshot_applied ?? "{}"),
          },
  });

  async function* historyOf(entityType: string, key: string): AsyncIterable<PlainEntry> {
    for (let after = 0n; ; ) {
      const rows = selectAfter.all(entityType, key, after, page);
      for (const row of rows) yield plainEntryOf(entityType, row);
      if (rows.length < page) return;
      after = (rows.at(-1) as EntryRow).sequence;
    }
  }

  async function* scan(entityType: string, after?: string): AsyncIterable<PlainEntry> {
    let from: readonly [string, bigint] = [after ?? "", after === undefined ? 0n : lastSequence];
    for (;;) {
      const rows = selectScan.all(entityType, ...from, page);
      for (const row of rows) yield plainEntryOf(entityType, row);
      const last = rows.at(-1);
      if (last === undefined || rows.length < page) return;
      from = [last.key, last.sequence];
    }
  }

  async function* pendingByKey(type: EntityType): AsyncIterable<PendingOfKey> {
    for (let after = ""; ; ) {
      const keys = selectPendingKeys.all(type.name, after, page);
      for (const key of keys) yield { key, pending: selectPendingOfKey.all(type.name, key).map(readPending) };
      const last = keys.at(-1);
      if (last === undefined || keys.length < page) return;
      after = last;
    }
  }

  return {
    open: async () => {},
    async read(type, key, after) {
      const from = after === 0n ? (selectSnapshot.get(type.name, key) ?? 1n) - 1n : after;
      return selectAfter.all(type.name, key, from, -1).map((row) => entryOf(type, row));
    },
    async append(type, entry) {
      const state = entry.snapshot?.state;
      const snapshot = state === undefined ? null : encodeMessage(type.state, state);
      const outcome = await append({ type: type.name, entry, snapshot });
      if (typeof outcome === "object") throw outcome.error;
      return outcome;
    },
    clearPending: async (type, key, through) => {
      deletePending.run(type.name, key, through);
    },
    pending: pendingByKey,
    history: historyOf,
    scan,
  };
};

const lastSequence = 2n ** 63n - 1n;

const createTables = (db: Database): void => {
  db.exec(`
    CREATE TABLE IF NOT EXISTS journal (
      type TEXT, key TEXT, sequence INTEGER, version INTEGER NOT NULL, applied TEXT, has_snapshot INTEGER NOT NULL,
      snapshot_state BLOB, snapshot_applied TEXT, PRIMARY KEY (type, key, sequence)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS journal_snapshot ON journal (type, key, sequence) WHERE has_snapshot = 1;
    CREATE TABLE IF NOT EXISTS journal_event (
      type TEXT, key TEXT, entry INTEGER, n INTEGER, event_type TEXT, value BLOB,
      PRIMARY KEY (type, key, entry, n)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS journal_pending (
      type TEXT, key TEXT, entry INTEGER, sequence TEXT, topic TEXT NOT NULL, record_key TEXT, partition_key TEXT,
      value BLOB, headers TEXT NOT NULL, PRIMARY KEY (type, key, entry, sequence)) WITHOUT ROWID;
  `);
};

const readEvent = ({ type, value }: EventRow): StoredEvent =>
  type === null ? { kind: "deletion" } : { kind: "event", type, value: new Uint8Array(value ?? []) };
