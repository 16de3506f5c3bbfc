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
