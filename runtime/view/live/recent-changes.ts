import { type FollowedChange, isNewerState, type Positions } from "../row-state.ts";

/** Which rows changed lately, for those who come back, and where they stand. */
export type RecentChanges = {
  /** False for a change that says nothing new of its row. */
  add(change: FollowedChange): boolean;
  /** Keys of the rows that changed after an order; `undefined` when that is longer ago than is known. */
  since(order: bigint): Set<string> | undefined;
  /** Forgets everything; what came before this order is not known. */
  restart(order: bigint): void;
};

/** Keeps the last `capacity` changes. */
export const createRecentChanges = (capacity: number, start: bigint): RecentChanges => {
  const ring: { readonly order: bigint; readonly key: string }[] = [];
  const latest = new Map<string, { readonly order: bigint; readonly at: Positions }>();
  let oldest = 0;
  let floor = start;

  const evict = (): void => {
    const gone = ring[oldest];
    if (gone === undefined) return;
    floor = gone.order;
    if (latest.get(gone.key)?.order === gone.order) latest.delete(gone.key);
  };

  return {
    add(change) {
      const { key, order, at } = change;
      const known = latest.get(key);
      if (known !== undefined && !isNewerState(change, known.at)) return false;
      if (ring.length < capacity) ring.push({ order, key });
      else {
        evict();
        ring[oldest] = { order, key };
        oldest = (oldest + 1) % capacity;
      }
      latest.set(key, { order, at });
      return true;
    },
    since(order) {
      if (order < floor) return undefined;
      return new Set(ring.filter((each) => each.order > order).map(({ key }) => key));
    },
    restart(order) {
      ring.length = 0;
      latest.clear();
      oldest = 0;
      floor = order;
    },
  };
};
