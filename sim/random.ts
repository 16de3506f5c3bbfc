/** Numbers that follow from a seed. */
export type Random = {
  /** At least `low`, below `high`. */
  between(low: number, high: number): number;
  below(count: number): number;
  chance(probability: number): boolean;
  pick<T>(choices: readonly T[]): T;
};

/** A stream of its own for each purpose, so that one more draw of the one does not change the others. */
export const randomOf = (seed: number, purpose: string): Random => {
  let state = seed | 0;
  for (let at = 0; at < purpose.length; at++) state = Math.imul(state ^ purpose.charCodeAt(at), 0x01000193);
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (count: number): number => Math.floor(next() * count);
  return {
    between: (low, high) => low + next() * (high - low),
    below,
    chance: (probability) => next() < probability,
    pick: <T>(choices: readonly T[]): T => choices[below(choices.length)] as T,
  };
};
