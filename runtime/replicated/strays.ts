/**
 * Keys whose last record in the log does not say what the register holds. Compaction keeps the last record, so
 * somebody must append the register's value behind it: the author of a change that came between does so at once,
 * the key's owner after a while.
 */
export type Strays = {
  /** Whether the key's last record, just read, is the winner. */
  read(key: string, isWinner: boolean, now: number): void;
  has(key: string): boolean;
  /** Keys whose wait is over. Each comes again after another wait, until a winner is read. */
  due(now: number, isOwn: (key: string) => boolean): readonly string[];
};

export const createStrays = (waitMs: number): Strays => {
  const since = new Map<string, number>();
  return {
    read(key, isWinner, now) {
      if (isWinner) since.delete(key);
      else if (!since.has(key)) since.set(key, now);
    },
    has: (key) => since.has(key),
    due(now, isOwn) {
      const keys: string[] = [];
      for (const [key, from] of since) {
        if (now - from < waitMs || !isOwn(key)) continue;
        since.set(key, now);
        keys.push(key);
      }
      return keys;
    },
  };
};
