import { createHash } from "node:crypto";
import type { Column } from "../../view/plan.ts";
import { documentPath, type StoredMessage } from "./document.ts";

/** The last write of each source that was applied to a row, by the source's escaped name. */
export type Positions = { readonly [source: string]: { readonly scale: string; readonly at: string } };

/** A row as it stands in its collection. Every index begins with `live`. */
export type RowDocument = {
  readonly _id: string;
  readonly live: boolean;
  /** Only of a live row. */
  readonly row?: StoredMessage;
  /** Values of the columns that are made from the row, by the names of `computedName`; NULLs are left out. */
  readonly computed?: Readonly<Record<string, unknown>>;
  readonly at: Positions;
  /** Only of a deleted row, which is kept for a week so that no older write brings it back. */
  readonly deleted_at?: Date;
};

/** Where a column stands in a row's document. */
export const columnPath = (column: Column): string =>
  column.computed === undefined ? `row.${documentPath(column.steps)}` : `computed.${computedName(column)}`;

/** A short name for a computed column, whose path may be a whole test. */
export const computedName = ({ path }: Column): string =>
  `c_${createHash("sha256").update(path).digest("hex").slice(0, 16)}`;
