/** One figure of both sides, as measured in each pair of runs. */
export type Paired = { readonly ours: readonly number[]; readonly theirs: readonly number[] };

/** The median of the ratios of the pairs, and the least and the greatest of them. */
export type Ratio = { readonly median: number; readonly low: number; readonly high: number };

export const medianOf = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low = Number.NaN, high = Number.NaN] = sorted.slice(sorted.length % 2 === 1 ? middle : middle - 1);
  return sorted.length % 2 === 1 ? low : (low + high) / 2;
};

/** Above 1 where ours is better: `more` is better for a throughput, `less` for a cost. */
export const ratioOf = ({ ours, theirs }: Paired, better: "more" | "less"): Ratio => {
  const ratios = ours.map((value, i) => {
    const other = theirs[i] ?? Number.NaN;
    return better === "more" ? value / other : other / value;
  });
  return { median: medianOf(ratios), low: Math.min(...ratios), high: Math.max(...ratios) };
};
