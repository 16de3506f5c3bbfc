import type { WakeRange } from "../../ports.ts";
import type { Database } from "./database.ts";

/** When entities ask to be woken, by type and time. */
export type WakeTable = {
  /** Called within the transaction that saves the entity. */
  set(type: string, key: string, at: number | undefined): void;
  find(type: string, range: WakeRange): string[];
};

const most = 1000;

export const createWakeTable = (db: Database): WakeTable => {
  db.exec(`
    CREATE TABLE IF NOT EXISTS wake (type TEXT, key TEXT, at INTEGER NOT NULL, PRIMARY KEY (type, key)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS wake_at ON wake (type, at);
  `);
  const upsert = db.prepare<[string, string, number]>(
    "INSERT INTO wake VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET at = excluded.at",
  );
  const remove = db.prepare<[string, string]>("DELETE FROM wake WHERE type = ? AND key = ?");
  const select = db
    .prepare<[string, number, string, number, number], string>(
      `SELECT key FROM wake WHERE type = ? AND at <= ? UNION ALL SELECT key FROM wake WHERE type = ? AND at > ? LIMIT ?`,
    )
    .pluck();
  return {
    set: (type, key, at) => {
      if (at === undefined) remove.run(type, key);
      else upsert.run(type, key, Math.ceil(at));
    },
    find: (type, { until, beyond }) => select.all(type, Math.floor(until), type, Math.floor(beyond), most),
  };
};
