/** Keeps the values that were used last, up to a bound. */
export type RecentlyUsed<V> = {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
  delete(key: string): void;
};

export const createRecentlyUsed = <V>(bound: number): RecentlyUsed<V> => {
  // A map remembers the order of insertion: what is used is put to its end.
  const values = new Map<string, V>();
  return {
    get(key) {
      const value = values.get(key);
      if (value === undefined) return undefined;
      values.delete(key);
      values.set(key, value);
      return value;
    },
    set(key, value) {
      values.delete(key);
      values.set(key, value);
      for (const oldest of values.keys()) {
        if (values.size <= bound) break;
        values.delete(oldest);
      }
    },
    delete: (key) => void values.delete(key),
  };
};
