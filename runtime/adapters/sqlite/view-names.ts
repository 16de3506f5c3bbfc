import { createHash } from "node:crypto";

/** An identifier of SQL, whatever characters it has. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/**
 * The SQL column of a path, quoted. SQLite takes names that differ in case for one, and map keys do differ so:
 * the hash keeps them apart.
 */
export const columnName = (path: string): string => {
  const words = path
    .replace(/[^A-Za-z0-9]+/g, "_")
    .toLowerCase()
    .slice(0, 40);
  return quoted(`c_${words}_${createHash("sha256").update(path).digest("hex").slice(0, 10)}`);
};

/** The SQL index of a table, quoted. Index names are shared by all tables of a file. */
export const indexName = (tableId: string, name: string): string => quoted(`${tableId}_${name}`);

/** The table of a list column's elements, by row. */
export const elementsName = (tableId: string, path: string): string =>
  quoted(`${tableId}_elements_${createHash("sha256").update(path).digest("hex").slice(0, 10)}`);

/** The table that stands for an index over a list: an entry for each element of a row. */
export const entriesName = (tableId: string, index: string): string => quoted(`${tableId}_${index}_entries`);
