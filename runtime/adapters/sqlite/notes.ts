import type { Note, NoteStore } from "../../entity/notes.ts";
import type { Database } from "./database.ts";

/** Notes as a table of the embedded store. */
export const createSqliteNotes = (db: Database): NoteStore => {
  db.exec("CREATE TABLE IF NOT EXISTS note (id TEXT PRIMARY KEY, revision INTEGER NOT NULL, text TEXT NOT NULL)");
  const select = db.prepare<[string], Note>("SELECT revision, text FROM note WHERE id = ?");
  const selectAll = db.prepare<[string, string], Note & { readonly id: string }>(
    "SELECT id, revision, text FROM note WHERE id >= ? AND id < ? ORDER BY id",
  );
  const insert = db.prepare<[string, string]>("INSERT OR IGNORE INTO note VALUES (?, 1, ?)");
  const update = db.prepare<[string, string, bigint]>(
    "UPDATE note SET revision = revision + 1, text = ? WHERE id = ? AND revision = ?",
  );
  const remove = db.prepare<[string, bigint]>("DELETE FROM note WHERE id = ? AND revision = ?");
  return {
    load: async (id) => select.get(id),
    async save(id, expectedRevision, text) {
      const { changes } = expectedRevision === 0n ? insert.run(id, text) : update.run(text, id, expectedRevision);
      return changes === 1 ? "saved" : "conflict";
    },
    list: async (prefix) =>
      new Map(selectAll.all(prefix, `${prefix}\uffff`).map(({ id, revision, text }) => [id, { revision, text }])),
    drop: async (id, expectedRevision) => (remove.run(id, expectedRevision).changes === 1 ? "dropped" : "conflict"),
  };
};
