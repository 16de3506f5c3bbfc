/** Sorted streams as one, read piece by piece. It asks for pieces and never waits, so any store can feed it. */
export type Merge<T> = {
  /** A stream that must be fed before `next` can tell; `undefined` when none must. */
  readonly starving: () => number | undefined;
  /** The next items of a stream, in order; `isLast` when no others will come. */
  readonly feed: (stream: number, items: readonly T[], isLast: boolean) => void;
  /**
   * The least item of all that are left. Items that compare equal are one, and given once. `undefined` at the end,
   * and while a stream is starving.
   */
  readonly next: () => T | undefined;
};

type Stream<T> = { items: readonly T[]; at: number; isLast: boolean };

export const createMerge = <T>(count: number, compare: (a: T, b: T) => number): Merge<T> => {
  const streams = Array.from({ length: count }, (): Stream<T> => ({ items: [], at: 0, isLast: false }));
  /** Streams with an item at hand, the one with the least last. */
  const ready: number[] = [];
  const hungry = new Set(streams.keys());

  const headOf = (stream: number): T => streams[stream]?.items[streams[stream].at] as T;

  const insert = (stream: number): void => {
    const head = headOf(stream);
    let [low, high] = [0, ready.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare(headOf(ready[middle] as number), head) > 0) low = middle + 1;
      else high = middle;
    }
    ready.splice(low, 0, stream);
  };

  const settle = (index: number): void => {
    const stream = streams[index] as Stream<T>;
    if (stream.at < stream.items.length) insert(index);
    else if (!stream.isLast) hungry.add(index);
  };

  const takeOne = (): T | undefined => {
    const index = ready.pop();
    if (index === undefined) return undefined;
    const item = headOf(index);
    (streams[index] as Stream<T>).at += 1;
    settle(index);
    return item;
  };

  let last: { readonly item: T } | undefined;
  return {
    starving: () => hungry.values().next().value,
    feed(index, items, isLast) {
      hungry.delete(index);
      streams[index] = { items, at: 0, isLast };
      settle(index);
    },
    next() {
      while (hungry.size === 0) {
        const item = takeOne();
        if (item === undefined) return undefined;
        if (last !== undefined && compare(last.item, item) === 0) continue;
        last = { item };
        return item;
      }
      return undefined;
    },
  };
};
