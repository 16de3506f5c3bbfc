/**
 * Keys whose last record is a tombstone, until they leave memory. A write that was on its way when the tombstone came is
 * told by its version; ten minutes later none is.
 */
export type ForgottenKeys = {
  /** The key holds nothing since this version, whose record was appended then. */
  add(key: string, version: bigint, appendedAt: number): void;
  /** Gives those whose time is over, once each. */
  due(now: number, drop: (key: string, version: bigint) => void): void;
};

export const keptAsTombstoneMs = 10 * 60_000;

export const createForgottenKeys = (keptMs = keptAsTombstoneMs): ForgottenKeys => {
  const waiting = new Map<string, { readonly version: bigint; readonly appendedAt: number }>();
  return {
    add(key, version, appendedAt) {
      waiting.delete(key);
      waiting.set(key, { version, appendedAt });
    },
    due(now, drop) {
      // In the order they were read, which is that of their times but for those of several partitions at a start.
      for (const [key, { version, appendedAt }] of waiting) {
        if (appendedAt + keptMs > now) return;
        waiting.delete(key);
        drop(key, version);
      }
    },
  };
};
