import type { Message } from "../codec.ts";

/** What a key holds: the value of its highest version. `value` is undefined after a tombstone. */
export type Entry = { readonly version: bigint; readonly value: Message | undefined };

export const nothing: Entry = { version: 0n, value: undefined };

/**
 * The merge of a last-writer-wins register: the higher version stands. Commutative, associative and
 * idempotent, as versions never tie.
 */
export const merge = (a: Entry, b: Entry): Entry => (b.version > a.version ? b : a);

/** What a replica finds when it reads its own change back from the log. */
export type ReadBack =
  /** It won over the very entry it was made from: it may be acknowledged. */
  | { readonly kind: "won" }
  /** Another change came between; the command runs again on `basis`. */
  | { readonly kind: "overtaken"; readonly basis: Entry; readonly mustWrite: boolean };

/**
 * Judges an own change that has just been folded. `before` is the entry that stood when it was read, `base`
 * the version it was made from. A change that won over a foreign one has hidden it: the command runs again on
 * the hidden entry and must write, even if that entry already says what the command wants.
 */
export const judge = (own: Entry, base: bigint, before: Entry): ReadBack => {
  if (before.version === base) return { kind: "won" };
  return own.version > before.version
    ? { kind: "overtaken", basis: before, mustWrite: true }
    : { kind: "overtaken", basis: before, mustWrite: false };
};
