import type { Generation } from "./data/generation.ts";
import { encodeTree } from "./data/tree-codec.ts";
import { type DataChange, type DataEntry, isForgotten, isLate, noEntry, takeChange } from "./data-entry.ts";

/** An own change on its way to the log; `write` tells its record from all others. */
type Expected = { readonly write: string; readonly resolve: (hasCounted: boolean) => void };

/** The keys of replicated data in this process: the fold of their log so far. */
export type DataFold = {
  get(key: string): DataEntry;
  readonly size: number;
  /** Takes the next record of the log; `bytes` is its value, `write` its author's name for it. */
  take(key: string, change: DataChange, bytes: Uint8Array | null, write: string | undefined): void;
  /** Expects an own change: `settled` tells, once it is read back, whether it counted. One a key at a time. */
  expect(key: string, write: string): { readonly settled: Promise<boolean>; cancel(): void };
  /** Keys whose last record does not hold all that the key does. Compaction would keep that record alone. */
  readonly unsettled: ReadonlySet<string>;
  /** Drops the deletions that nothing can come behind any more. */
  forget(now: number): void;
};

export const createDataFold = (): DataFold => {
  const entries = new Map<string, DataEntry>();
  const deleted = new Set<string>();
  const expected = new Map<string, Expected>();
  const unsettled = new Set<string>();

  const endsWith = (held: Generation, holds: Generation, bytes: Uint8Array | null): boolean => {
    if (holds.number !== held.number) return false;
    // What is taken as it is, is not merged.
    if (holds.tree === held.tree) return true;
    return held.tree !== undefined && bytes !== null && Buffer.compare(encodeTree(held.tree), bytes) === 0;
  };

  return {
    get: (key) => entries.get(key) ?? noEntry,
    get size() {
      return entries.size;
    },
    take(key, change, bytes, write) {
      const before = entries.get(key) ?? noEntry;
      const { entry, hasCounted } = takeChange(before, change);
      if (entry !== noEntry) {
        entries.set(key, entry);
        if (entry.held.tree === undefined) deleted.add(key);
        else deleted.delete(key);
        // A record that is late counts for nobody, but compaction would keep it.
        const isSettled = !entry.isDisputed && !isLate(change) && endsWith(entry.held, change.holds, bytes);
        if (isSettled) unsettled.delete(key);
        else unsettled.add(key);
      }
      const own = expected.get(key);
      if (own !== undefined && own.write === write) {
        expected.delete(key);
        own.resolve(hasCounted);
      }
    },
    expect(key, write) {
      const settled = new Promise<boolean>((resolve) => {
        expected.set(key, { write, resolve });
      });
      return { settled, cancel: () => expected.delete(key) };
    },
    unsettled,
    forget(now) {
      for (const key of deleted) {
        const entry = entries.get(key);
        if (entry !== undefined && isForgotten(entry, now)) {
          entries.delete(key);
          deleted.delete(key);
        }
      }
    },
  };
};
