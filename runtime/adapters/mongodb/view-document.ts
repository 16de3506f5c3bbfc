import type { StoredMessage } from "./document.ts";

/** The last write of each source that was applied to a row, by the source's escaped name. */
type Positions = { readonly [source: string]: { readonly scale: string; readonly at: string } };

/** A row as it stands in its collection. Every index begins with `live`. */
export type RowDocument = {
  readonly _id: string;
  readonly live: boolean;
  /** Only of a live row. */
  readonly row?: StoredMessage;
  readonly at: Positions;
  /** Only of a deleted row, which is kept for a week so that no older write brings it back. */
  readonly deleted_at?: Date;
};
