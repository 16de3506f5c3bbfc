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

/** What is measured in turns: a slice of work of each side. */
export type Sides<T> = { readonly ours: () => Promise<T>; readonly theirs: () => Promise<T> };

/**
 * Runs short slices of both sides in turns, first one side first, then the other, so that what else the machine does
 * meanwhile falls on both alike.
 */
export const inTurns = async <T>(
  slices: number,
  { ours, theirs }: Sides<T>,
): Promise<{ readonly ours: T[]; readonly theirs: T[] }> => {
  const measured: { readonly ours: T[]; readonly theirs: T[] } = { ours: [], theirs: [] };
  for (let i = 0; i < slices; i += 1) {
    const isOursFirst = i % 2 === 0;
    if (isOursFirst) measured.ours.push(await ours());
    measured.theirs.push(await theirs());
    if (!isOursFirst) measured.ours.push(await ours());
  }
  return measured;
};
