import type { Message } from "../../codec.ts";
import { columnElements } from "../../view/column-value.ts";
import { columnOf } from "../../view/indexes.ts";
import type { Column, Value } from "../../view/plan.ts";
import type { Index, ViewTable } from "../../view/store.ts";
import type { Database } from "./database.ts";
import { type Cell, cellOf, cellsOf } from "./view-cells.ts";
import { columnName, elementsName, entriesName, indexName, quoted } from "./view-names.ts";

/**
 * Creates what stands for lists, which SQLite's own indexes cannot hold: a table of elements for each list, asked of
 * a row that is known, and for each index over one a table with an entry for every element.
 * Those of another definition are dropped: nothing keeps them up to date.
 */
export const createListTables = (db: Database, table: ViewTable): void => {
  dropUnused(db, table);
  for (const { path } of listColumns(table)) {
    db.exec(
      `CREATE TABLE IF NOT EXISTS ${elementsName(table.id, path)} (row_id INTEGER NOT NULL, element NOT NULL, PRIMARY KEY (row_id, element)) WITHOUT ROWID`,
    );
  }
  for (const index of listIndexes(table)) {
    const name = entriesName(table.id, index.name);
    const columns = index.parts
      .map(columnOf)
      .map((path) => columnName(path ?? ""))
      .join(", ");
    db.exec(`
      CREATE TABLE IF NOT EXISTS ${name} (row_id INTEGER NOT NULL, ${columns});
      CREATE INDEX IF NOT EXISTS ${indexName(table.id, index.name)} ON ${name} (${columns});
      CREATE INDEX IF NOT EXISTS ${indexName(table.id, `${index.name}_row`)} ON ${name} (row_id);
    `);
  }
};

const dropUnused = (db: Database, table: ViewTable): void => {
  const needed = new Set([
    ...listColumns(table).map(({ path }) => elementsName(table.id, path)),
    ...listIndexes(table).map(({ name }) => entriesName(table.id, name)),
  ]);
  const prefixes = [`${table.id}_elements_`, `${table.id}_ix_`];
  const present = db.prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all();
  for (const name of present) {
    const isOfLists = prefixes.some((prefix) => name.startsWith(prefix));
    if (isOfLists && !needed.has(quoted(name))) db.exec(`DROP TABLE ${quoted(name)}`);
  }
};

/** Writes, inside the caller's transaction, the elements of a row; without a message there are none. */
export type ListWriter = (id: bigint | number, row: Message | undefined) => void;

/** `undefined` for a table without lists. */
export const createListWriter = (db: Database, table: ViewTable): ListWriter | undefined => {
  const writers = [
    ...listColumns(table).map((column) => elementWriter(db, table, column)),
    ...listIndexes(table).map((index) => entryWriter(db, table, index)),
  ];
  if (writers.length === 0) return undefined;
  return (id, row) => {
    for (const write of writers) write(id, row);
  };
};

const listColumns = ({ columns }: ViewTable): readonly Column[] => columns.filter(({ isList }) => isList);

const listIndexes = ({ indexes }: ViewTable): readonly Index[] => indexes.filter(({ list }) => list !== undefined);

const distinct = (elements: readonly Value[]): Iterable<Cell> =>
  new Map(elements.map((each) => [each instanceof Uint8Array ? each.join() : each, cellOf(each)])).values();

const elementWriter = (db: Database, table: ViewTable, column: Column): ListWriter => {
  const name = elementsName(table.id, column.path);
  const clear = db.prepare<[bigint | number]>(`DELETE FROM ${name} WHERE row_id = ?`);
  const insert = db.prepare<[bigint | number, Cell]>(`INSERT OR IGNORE INTO ${name} VALUES (?, ?)`);
  return (id, row) => {
    clear.run(id);
    if (row === undefined) return;
    for (const element of columnElements(row, column) ?? []) insert.run(id, cellOf(element));
  };
};

const entryWriter = (db: Database, table: ViewTable, index: Index): ListWriter => {
  const name = entriesName(table.id, index.name);
  const columns = index.parts.flatMap((part) => table.columns.find(({ path }) => path === columnOf(part)) ?? []);
  const at = columns.findIndex(({ isList }) => isList);
  const list = columns[at] as Column;
  const clear = db.prepare<[bigint | number]>(`DELETE FROM ${name} WHERE row_id = ?`);
  const insert = db.prepare<Cell[]>(`INSERT INTO ${name} VALUES (?, ${columns.map(() => "?").join(", ")})`);
  return (id, row) => {
    clear.run(id);
    if (row === undefined) return;
    const cells = cellsOf(row, columns);
    for (const element of distinct(columnElements(row, list) ?? [])) insert.run(id, ...cells.with(at, element));
  };
};
