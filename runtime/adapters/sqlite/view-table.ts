import { setImmediate as nextTurn } from "node:timers/promises";
import { keptParts, type MadeParts } from "../../view/indexes.ts";
import type { Column, ColumnType, IndexPart } from "../../view/plan.ts";
import type { ViewTable } from "../../view/store.ts";
import type { Database } from "./database.ts";
import { cellsOf, rowOf } from "./view-cells.ts";
import { createListTables, createListWriter } from "./view-lists.ts";
import { columnName, indexName, quoted } from "./view-names.ts";
import { storedName } from "./view-sql.ts";

const fillPage = 500;

const sqlTypes: Readonly<Record<ColumnType, string>> = {
  string: "TEXT",
  timestamp: "TEXT",
  enum: "TEXT",
  bool: "INTEGER",
  integer: "INTEGER",
  float: "REAL",
  double: "REAL",
  bytes: "BLOB",
};

/** Prepares the table of stored definitions. */
export const createDefinitions = (db: Database): void => {
  db.exec(`CREATE TABLE IF NOT EXISTS view_definition (
    id TEXT PRIMARY KEY, columns TEXT NOT NULL, indexes TEXT NOT NULL, opened INTEGER NOT NULL) WITHOUT ROWID`);
};

/** What of a table is made already, and how the rest is. */
export type PreparedTable = { readonly isNew: boolean; readonly made: MadeParts; readonly finish: () => Promise<void> };

/**
 * Makes the stored table take rows as the definition says; `finish` fills columns that new queries need, creates their
 * indexes, drops those no query needs. A column counts as filled once the definition is stored, so a crash on the way
 * only fills it again.
 */
export const prepareTable = (db: Database, table: ViewTable, now: () => number): PreparedTable => {
  const name = quoted(table.id);
  db.exec(`
    CREATE TABLE IF NOT EXISTS ${name} (
      id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, live INTEGER NOT NULL, died INTEGER, at TEXT NOT NULL, message BLOB);
    CREATE INDEX IF NOT EXISTS ${indexName(table.id, "key")} ON ${name} (live, key);
    CREATE INDEX IF NOT EXISTS ${indexName(table.id, "died")} ON ${name} (live, died) WHERE live = 0;
  `);
  const present = new Set(
    db.prepare<[string], string>("SELECT name FROM pragma_table_info(?)").pluck().all(table.id).map(quoted),
  );
  for (const { path, type, isList } of table.columns) {
    const sqlType = isList ? "INTEGER" : sqlTypes[type];
    if (!present.has(columnName(path))) db.exec(`ALTER TABLE ${name} ADD COLUMN ${columnName(path)} ${sqlType}`);
  }
  createListTables(db, table);
  const isNew = db.prepare("SELECT 1 FROM view_definition WHERE id = ?").get(table.id) === undefined;
  const made = keptParts(madeParts(db, table.id), table);
  // What this definition does not name is not kept up to date from now on, however far it gets.
  db.prepare("UPDATE view_definition SET columns = ?, indexes = ? WHERE id = ?").run(
    JSON.stringify([...made.columns]),
    JSON.stringify(table.indexes.filter(({ name: index }) => made.indexes.has(index))),
    table.id,
  );
  return { isNew, made, finish: () => finishTable(db, table, made, now) };
};

const finishTable = async (db: Database, table: ViewTable, made: MadeParts, now: () => number): Promise<void> => {
  const name = quoted(table.id);
  const lists = table.indexes.filter(({ list }) => list !== undefined);
  const missing = table.columns.filter(({ path }) => !made.columns.has(path));
  const isListMissing = lists.some(({ name: index }) => !made.indexes.has(index));
  await fill(db, table, missing, missing.some(({ isList }) => isList) || isListMissing);
  for (const index of table.indexes) {
    if (lists.includes(index)) continue;
    const on = ["live", ...index.parts.map(partSql)].join(", ");
    db.exec(`CREATE INDEX IF NOT EXISTS ${indexName(table.id, storedName(index))} ON ${name} (${on})`);
    await nextTurn();
  }
  dropUnused(db, table);
  // Only the columns of this definition are kept up to date from now on.
  db.prepare("INSERT OR REPLACE INTO view_definition VALUES (?, ?, ?, ?)").run(
    table.id,
    JSON.stringify(table.columns.map(({ path }) => path)),
    JSON.stringify(table.indexes),
    now(),
  );
};

/** Deletes a table with what stands for its lists, and its definition. */
export const dropTable = (db: Database, id: string): void => {
  db.transaction(() => {
    const names = db.prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all();
    const isPart = (name: string): boolean =>
      name === id || name.startsWith(`${id}_elements_`) || name.startsWith(`${id}_ix_`);
    for (const name of names.filter(isPart)) db.exec(`DROP TABLE ${quoted(name)}`);
    db.prepare("DELETE FROM view_definition WHERE id = ?").run(id);
  })();
};

/** What the last definition kept up to date. */
const madeParts = (db: Database, id: string): MadeParts => {
  type Stored = { columns: string; indexes: string };
  const stored = db.prepare<[string], Stored>("SELECT columns, indexes FROM view_definition WHERE id = ?").get(id);
  const indexes = stored === undefined ? [] : (JSON.parse(stored.indexes) as ViewTable["indexes"]);
  return {
    columns: new Set(stored === undefined ? [] : (JSON.parse(stored.columns) as string[])),
    indexes: new Set(indexes.map(({ name }) => name)),
  };
};

const partSql = (part: IndexPart): string => {
  if (part.kind === "key") return "key";
  return columnName(part.column) + (part.direction === "descending" ? " DESC" : "");
};

/** Fills columns from the messages, page by page, so that other work on the connection goes on between. */
const fill = async (db: Database, table: ViewTable, columns: readonly Column[], withLists: boolean): Promise<void> => {
  if (columns.length === 0 && !withLists) return;
  const name = quoted(table.id);
  const read = db.prepare<[bigint, number], { id: bigint; message: Buffer }>(
    `SELECT id, message FROM ${name} WHERE id > ? AND message IS NOT NULL ORDER BY id LIMIT ?`,
  );
  const assignments = ["live = live", ...columns.map(({ path }) => `${columnName(path)} = ?`)].join(", ");
  const update = db.prepare(`UPDATE ${name} SET ${assignments} WHERE id = ?`);
  const writeLists = withLists ? createListWriter(db, table) : undefined;
  const fillRows = db.transaction((rows: readonly { id: bigint; message: Buffer }[]) => {
    for (const { id, message } of rows) {
      const row = rowOf(table, message);
      if (columns.length > 0) update.run(...cellsOf(row, columns), id);
      writeLists?.(id, row);
    }
  });
  for (let after = 0n; ; ) {
    const rows = read.all(after, fillPage);
    const last = rows[rows.length - 1];
    if (last === undefined) return;
    fillRows(rows);
    after = last.id;
    await nextTurn();
  }
};

const dropUnused = (db: Database, table: ViewTable): void => {
  const needed = new Set(["key", "died", ...table.indexes.map(storedName)].map((name) => indexName(table.id, name)));
  const present = db
    .prepare<[string], string>(
      "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL",
    )
    .pluck()
    .all(table.id);
  for (const index of present.map(quoted)) if (!needed.has(index)) db.exec(`DROP INDEX ${index}`);
};
