import type { Database } from "./database.ts";
import type { Cell } from "./view-cells.ts";

/** SQLite's own plan of a statement, a step a line. */
export const explainText = (db: Database, text: string, cells: readonly Cell[]): string =>
  db
    .prepare<Cell[], { detail: string }>(`EXPLAIN QUERY PLAN ${text}`)
    .all(...cells)
    .map(({ detail }) => detail)
    .join("\n");
