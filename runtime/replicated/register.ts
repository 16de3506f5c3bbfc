import type { Message } from "../codec.ts";

/** What a key holds. `value` is undefined before its first change, and after a tombstone. */
export type Entry = {
  readonly version: bigint;
  readonly value: Message | undefined;
  /**
   * The key's last record in the log says something else than `value`: a change that was made from an older
   * value came behind a newer one. The next command must write, so that the log ends with the value.
   */
  readonly isDisputed: boolean;
};

/** A change as it stands in the log. */
export type Change = {
  readonly version: bigint;
  readonly value: Message | undefined;
  /** The version it was made from; `undefined` where the record does not tell. */
  readonly base: bigint | undefined;
};

export const nothing: Entry = { version: 0n, value: undefined, isDisputed: false };

/**
 * What a key holds after one more record of its log. A lower or equal version changes nothing. A change made
 * from the value that stands takes its place. One made from another value would undo, unseen, a change that
 * may have been acknowledged: its version counts, its value does not, and its author runs its command again.
 * Every replica reads the same log, so every one comes to the same entry.
 */
export const fold = (before: Entry, { version, value, base }: Change): Entry => {
  if (version <= before.version) return before;
  return isMadeFrom(before, base)
    ? { version, value, isDisputed: false }
    : { version, value: before.value, isDisputed: true };
};

/**
 * Of a compacted log the first record of a key has no predecessor to be compared with. And where a key holds nothing,
 * a replica that has forgotten its tombstone makes a change from nothing at all: that is the same.
 */
const isMadeFrom = (before: Entry, base: bigint | undefined): boolean =>
  base === undefined ||
  before.version === 0n ||
  base === before.version ||
  (before.value === undefined && !before.isDisputed && base === 0n);

/** Whether a change, read back, won over the very entry it was made from, and may be acknowledged. */
export const hasWon = (change: Change, before: Entry): boolean =>
  change.version > before.version &&
  (change.base === before.version || (before.value === undefined && !before.isDisputed && change.base === 0n));

/** Whether a log that ends with this change says of the key what it holds. */
export const endsWith = (
  { version, value, isDisputed }: Entry,
  change: Change,
  isSame: (a: Message | undefined, b: Message | undefined) => boolean,
): boolean => !isDisputed && change.version === version && (change.value === value || isSame(change.value, value));
