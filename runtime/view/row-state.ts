import type { Message } from "../codec.ts";
import type { Plan } from "./plan.ts";
import type { Position } from "./store.ts";

/** The last position of each source that a row was made from. */
export type Positions = ReadonlyMap<string, Position>;

/** A row as it stood at some moment. */
export type RowState = {
  readonly key: string;
  /** Empty when the store has forgotten the row altogether. */
  readonly at: Positions;
  /** `undefined` of a deleted row. */
  readonly row: Message | undefined;
};

/** A change of a row. `order` grows from change to change of the table. */
export type FollowedChange = RowState & { readonly order: bigint };

/** Rows that were read together; no change with an order above `upTo` is in them. */
export type Snapshot = { readonly rows: readonly RowState[]; readonly upTo: bigint };

export type TableFollowing = {
  /**
   * Called with every change of a row, in the order of the table, without waiting. A change that another one came
   * right after may be given as what the row is by then, and that again with the other.
   */
  readonly onChanges: (changes: readonly FollowedChange[]) => void;
  /** Called when changes may have been missed; what comes after is whole again, from `position` on. */
  readonly onReset: () => void;
};

/** Follows the changes of a table's rows, all that are acknowledged after it was opened. */
export type TableFollower = {
  /** Orders mean something only to followers of the same epoch. */
  readonly epoch: string;
  /** The order of the last change that was delivered, or of the follower's beginning. */
  position(): bigint;
  /**
   * The rows that the plan selects, whatever its window, read after the last change that was delivered. A row that
   * changes meanwhile may be given as it is then, though it matches no more.
   */
  snapshot(plan: Plan, parameters: Message): AsyncIterable<Snapshot>;
  close(): Promise<void>;
};

/**
 * Whether a state says more of its row than the one that is known. Positions of one scale only grow; where the scale
 * has changed nothing can be said, and what comes later is taken for newer.
 */
export const isNewerState = (next: RowState, known: Positions): boolean => {
  if (next.at.size === 0) return true;
  for (const [source, { scale, at }] of next.at) {
    const present = known.get(source);
    if (present === undefined || present.scale !== scale || at > present.at) return true;
  }
  return false;
};
