import { decodeMessage, encodeMessage } from "../../codec.ts";
import type { EntityChange, EntityStore, EntityType, StoredEntity } from "../../ports.ts";
import { createCoalescer } from "../coalesce.ts";
import { type Database, transaction } from "./database.ts";
import { type PendingRow, readApplied, readPending, settled, writeApplied } from "./entity-rows.ts";
import { createSqliteJournal } from "./journal.ts";
import { createSqliteNotes } from "./notes.ts";
import { createWakeTable } from "./wake-table.ts";

type EntityRow = { key: string; version: bigint; state: Buffer | null; applied: string; has_pending: bigint };
/** A change with its state in bytes: what cannot be encoded fails its own caller, before it meets others. */
type Save = { readonly type: EntityType; readonly change: EntityChange; readonly bytes: Uint8Array | null };
type Outcome = "saved" | "conflict" | { readonly error: unknown };

const scanPage = 200;

/** Entities as tables of the embedded store. */
export const createSqliteEntityStore = (db: Database): EntityStore => {
  db.exec(`
    CREATE TABLE IF NOT EXISTS entity (
      type TEXT, key TEXT, version INTEGER NOT NULL, state BLOB, applied TEXT NOT NULL, has_pending INTEGER NOT NULL,
      PRIMARY KEY (type, key)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS entity_with_pending ON entity (type, key) WHERE has_pending = 1;
    CREATE TABLE IF NOT EXISTS pending (
      type TEXT, key TEXT, sequence TEXT, topic TEXT NOT NULL, record_key TEXT, partition_key TEXT, value BLOB,
      headers TEXT NOT NULL, PRIMARY KEY (type, key, sequence)) WITHOUT ROWID;
  `);
  const wakes = createWakeTable(db);
  const columns = "key, version, state, applied, has_pending";
  const select = db.prepare<[string, string], EntityRow>(`SELECT ${columns} FROM entity WHERE type = ? AND key = ?`);
  const selectVersion = db
    .prepare<[string, string], bigint>("SELECT version FROM entity WHERE type = ? AND key = ?")
    .pluck();
  const selectApplied = db
    .prepare<[string, string], string>("SELECT applied FROM entity WHERE type = ? AND key = ?")
    .pluck();
  const page = db.prepare<[string, string, number], EntityRow>(
    `SELECT ${columns} FROM entity WHERE type = ? AND key > ? ORDER BY key LIMIT ?`,
  );
  const pageWithPending = db.prepare<[string, string, number], EntityRow>(
    `SELECT ${columns} FROM entity WHERE type = ? AND key > ? AND has_pending = 1 ORDER BY key LIMIT ?`,
  );
  const upsert = db.prepare<[string, string, bigint, Uint8Array | null, string, number]>(
    `INSERT INTO entity VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET version = excluded.version,
       state = excluded.state, applied = excluded.applied, has_pending = MAX(has_pending, excluded.has_pending)`,
  );
  const selectPending = db.prepare<[string, string], PendingRow>(
    "SELECT sequence, topic, record_key, partition_key, value, headers FROM pending WHERE type = ? AND key = ? ORDER BY sequence",
  );
  const insertPending = db.prepare<
    [string, string, string, string, string | null, string | null, Uint8Array | null, string]
  >("INSERT INTO pending VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  const deletePending = db.prepare<[string, string, string]>(
    "DELETE FROM pending WHERE type = ? AND key = ? AND sequence <= ?",
  );
  const deleteAllPending = db.prepare<[string, string]>("DELETE FROM pending WHERE type = ? AND key = ?");
  const unflag = db.prepare<{ type: string; key: string }>(
    `UPDATE entity SET has_pending = 0 WHERE type = @type AND key = @key
       AND NOT EXISTS (SELECT 1 FROM pending WHERE type = @type AND key = @key)`,
  );

  const saveOne = ({ type, change, bytes }: Save): "saved" | "conflict" => {
    const { key, expectedVersion, version, pending, applied } = change;
    if ((selectVersion.get(type.name, key) ?? 0n) !== expectedVersion) return "conflict";
    const positions = readApplied(selectApplied.get(type.name, key) ?? "{}");
    if (applied !== undefined) positions.set(applied.source, applied.offsets);
    upsert.run(type.name, key, version, bytes, writeApplied(positions), pending.length > 0 ? 1 : 0);
    if (change.forgetsEarlier) deleteAllPending.run(type.name, key);
    for (const { sequence, topic, key: recordKey, partitionKey, value, headers } of pending) {
      const text = JSON.stringify(headers);
      insertPending.run(type.name, key, sequence, topic, recordKey ?? null, partitionKey ?? null, value, text);
    }
    if (type.wakes) wakes.set(type.name, key, change.wakeAt);
    if (change.forgetsEarlier && pending.length === 0) unflag.run({ type: type.name, key });
    return "saved";
  };
  const saveAll = transaction(db, (saves: readonly Save[]) => saves.map(saveOne));
  const saveAlone = transaction(db, saveOne);
  const save = createCoalescer<Save, Outcome>((saves) => {
    try {
      return saveAll(saves);
    } catch {
      // One of them cannot be written; the others must not fail with it.
      return saves.map((each) => settled(() => saveAlone(each)));
    }
  });

  const clearAll = transaction(db, (clears: readonly (readonly [string, string, string])[]) =>
    clears.map(([type, key, through]) => {
      deletePending.run(type, key, through);
      return unflag.run({ type, key });
    }),
  );
  const clear = createCoalescer<readonly [string, string, string], unknown>(clearAll);

  const readEntity = (type: EntityType, row: EntityRow): StoredEntity => ({
    key: row.key,
    version: row.version,
    state: row.state === null ? undefined : decodeMessage(type.state, row.state),
    pending: row.has_pending === 0n ? [] : selectPending.all(type.name, row.key).map(readPending),
    applied: readApplied(row.applied),
  });

  async function* pages(type: EntityType, statement: typeof page, from = ""): AsyncIterable<StoredEntity> {
    for (let after = from; ; ) {
      const rows = statement.all(type.name, after, scanPage);
      for (const row of rows) yield readEntity(type, row);
      if (rows.length < scanPage) return;
      after = (rows.at(-1) as EntityRow).key;
    }
  }

  return {
    open: async () => {},
    load: async (type, key) => {
      const row = select.get(type.name, key);
      return row === undefined ? undefined : readEntity(type, row);
    },
    async save(type, change) {
      const bytes = change.state === undefined ? null : encodeMessage(type.state, change.state);
      const outcome = await save({ type, change, bytes });
      if (typeof outcome === "object") throw outcome.error;
      return outcome;
    },
    clearPending: async (type, key, through) => {
      await clear([type.name, key, through]);
    },
    pending: (type) => pages(type, pageWithPending),
    toWake: async (type, range) => wakes.find(type.name, range),
    // It is in this process: who can ask is answered.
    ping: async () => {},
    scan: (type, after) => pages(type, page, after),
    journal: createSqliteJournal(db),
    notes: createSqliteNotes(db),
    close: async () => {},
  };
};
