/**
 * Slots by the time they are to be looked at, in buckets of a quarter of a second. A beat does not move its slot:
 * when its time comes, whoever takes it looks at it and puts it in again. No timer a key.
 */
export type DueWheel = {
  /** Has the slot come out by then; one that comes out earlier anyway stays where it is. */
  add(slot: number, time: number): void;
  /** Takes out all slots of the buckets that have ended by then. */
  take(time: number): readonly number[];
};

const bucketMs = 250;

export const createDueWheel = (): DueWheel => {
  const buckets = new Map<number, number[]>();
  /** The bucket of each slot; entries of a slot in other buckets are void. */
  let bucketOf = new Float64Array(64).fill(Number.POSITIVE_INFINITY);
  let taken = Number.NEGATIVE_INFINITY;

  const grow = (): void => {
    const larger = new Float64Array(bucketOf.length * 2).fill(Number.POSITIVE_INFINITY);
    larger.set(bucketOf);
    bucketOf = larger;
  };

  const empty = (bucket: number, into: number[]): void => {
    for (const slot of buckets.get(bucket) ?? []) {
      if (bucketOf[slot] !== bucket) continue;
      bucketOf[slot] = Number.POSITIVE_INFINITY;
      into.push(slot);
    }
    buckets.delete(bucket);
  };

  return {
    add(slot, time) {
      while (slot >= bucketOf.length) grow();
      const bucket = Math.max(Math.floor(time / bucketMs), taken + 1);
      if ((bucketOf[slot] as number) <= bucket) return;
      bucketOf[slot] = bucket;
      const slots = buckets.get(bucket);
      if (slots === undefined) buckets.set(bucket, [slot]);
      else slots.push(slot);
    },
    take(time) {
      const until = Math.floor(time / bucketMs) - 1;
      const slots: number[] = [];
      if (until - taken <= buckets.size) {
        for (let bucket = taken + 1; bucket <= until; bucket++) empty(bucket, slots);
      } else {
        const ended = [...buckets.keys()].filter((bucket) => bucket <= until);
        for (const bucket of ended.sort((a, b) => a - b)) empty(bucket, slots);
      }
      taken = Math.max(taken, until);
      return slots;
    },
  };
};
