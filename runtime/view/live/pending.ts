import type { FollowedChange } from "../row-state.ts";

/** What a watcher has to be told of a row: the latest change, and whether the row matches. */
export type PendingChange = { readonly change: FollowedChange; readonly isMatch: boolean };

/**
 * Changes that wait for a reader, one a row: a later one takes the place of an earlier one, where that stood, so that
 * a row that never rests is told of like any other.
 */
export type Pending = {
  readonly size: number;
  has(key: string): boolean;
  put(change: FollowedChange, isMatch: boolean): void;
  take(): PendingChange | undefined;
  /** The first order that has not been taken; `undefined` when nothing waits. */
  firstOrder(): bigint | undefined;
  clear(): void;
};

type Entry = { readonly first: bigint; change: FollowedChange; isMatch: boolean };

export const createPending = (): Pending => {
  const entries = new Map<string, Entry>();
  const front = (): Entry | undefined => entries.values().next().value;
  return {
    get size() {
      return entries.size;
    },
    has: (key) => entries.has(key),
    put(change, isMatch) {
      const present = entries.get(change.key);
      if (present === undefined) entries.set(change.key, { first: change.order, change, isMatch });
      else Object.assign(present, { change, isMatch });
    },
    take() {
      const entry = front();
      if (entry !== undefined) entries.delete(entry.change.key);
      return entry;
    },
    firstOrder: () => front()?.first,
    clear: () => entries.clear(),
  };
};
