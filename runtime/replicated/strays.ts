/**
 * Keys whose last record in the log does not say what the register holds. Compaction keeps the last record, so
 * somebody must append the register's value behind it: the author of a change that came between does so at once,
 * the key's owner after a while.
 */
export type Strays = {
  /** Whether the key's last record, just read, is the winner. */
  read(key: string, isWinner: boolean, now: number): void;
  has(key: string): boolean;
  /**
   * Keys whose wait is over. Each comes again after another wait, until a winner is read. A key that its owner has
   * left for long is anybody's: the owner may not read the register's log just now.
   */
  due(now: number, isOwn: (key: string) => boolean, isFree: (key: string) => boolean): readonly string[];
};

const patience = 5;

export const createStrays = (waitMs: number): Strays => {
  const since = new Map<string, number>();
  return {
    read(key, isWinner, now) {
      if (isWinner) since.delete(key);
      else if (!since.has(key)) since.set(key, now);
    },
    has: (key) => since.has(key),
    due(now, isOwn, isFree) {
      const keys: string[] = [];
      for (const [key, from] of since) {
        const isDue = now - from >= waitMs && isOwn(key);
        const isLeft = now - from >= waitMs * patience && isFree(key);
        if (!isDue && !isLeft) continue;
        since.set(key, now);
        keys.push(key);
      }
      return keys;
    },
  };
};
