const growth = Math.log(1.02);
const buckets = 1200;

/** Durations in buckets that are 2 % wide, from a microsecond to hours. */
export type Histogram = {
  record(milliseconds: number): void;
  /** The duration that this share of all stays under, 2 % at most above the true one. `undefined` without any. */
  quantile(share: number): number | undefined;
};

export const createHistogram = (): Histogram => {
  const counts = new Float64Array(buckets);
  let total = 0;
  return {
    record(milliseconds) {
      const microseconds = Math.max(1, milliseconds * 1000);
      const bucket = Math.min(buckets - 1, Math.ceil(Math.log(microseconds) / growth));
      counts[bucket] = (counts[bucket] ?? 0) + 1;
      total += 1;
    },
    quantile(share) {
      if (total === 0) return undefined;
      const rank = Math.max(1, Math.ceil(share * total));
      let seen = 0;
      const bucket = counts.findIndex((count) => {
        seen += count;
        return seen >= rank;
      });
      return Math.exp(bucket * growth) / 1000;
    },
  };
};
