import type { LeaseRules } from "./lease-rules.ts";

/**
 * Lease time: the only clock that leases are measured by. It is made of the append times of the lease log alone,
 * so every replica has the same. It stands still while nobody can append, and no step of a clock moves it far.
 */
export type LeaseClock = {
  /** Milliseconds since the first record that was read. */
  readonly now: number;
  /** Takes the next record; tells whether nobody had appended for a while before it. */
  advance(offset: number, appendedAt: number): { readonly isGap: boolean };
  /** Lease time when a replica had read up to this offset; -Infinity if that is further back than is kept. */
  whenRead(offset: number): number;
  /** Lease time of something that was appended to another log then; -Infinity if that is further back than is kept. */
  whenAppended(appendedAt: number): number;
  /** The time of the broker's clock at a lease time. */
  appendTimeOf(time: number): number;
  /** How far back the records go that were read. */
  readonly spanMs: number;
};

/** Room for records of the last `keepMs`, and as much again before the old ones are dropped. */
export const createLeaseClock = ({ stepMs, gapMs }: LeaseRules, keepMs: number): LeaseClock => {
  let offsets: number[] = [];
  let appends: number[] = [];
  let times: number[] = [];
  let now = 0;
  let began = 0;

  /** Index of the last entry that is at most `value`; -1 for none. */
  const lastAtMost = (sorted: readonly number[], value: number): number => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sorted[middle] as number) <= value) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  };

  const dropOld = (): void => {
    const first = lastAtMost(times, now - keepMs);
    if (first < 1024 || first < times.length / 2) return;
    offsets = offsets.slice(first);
    appends = appends.slice(first);
    times = times.slice(first);
  };

  return {
    get now() {
      return now;
    },
    get spanMs() {
      return now - began;
    },
    advance(offset, appendedAt) {
      const before = appends.at(-1);
      const step = before === undefined ? 0 : Math.max(0, appendedAt - before);
      now += Math.min(step, stepMs);
      if (before === undefined) began = now;
      offsets.push(offset);
      appends.push(appendedAt);
      times.push(now);
      dropOld();
      return { isGap: step > gapMs };
    },
    whenRead: (offset) => times[lastAtMost(offsets, offset)] ?? Number.NEGATIVE_INFINITY,
    whenAppended(appendedAt) {
      const last = appends.at(-1);
      if (last === undefined) return Number.NEGATIVE_INFINITY;
      // What is just being read: right even while the broker's clock was set back.
      if (last - appendedAt <= gapMs) return now - Math.max(0, last - appendedAt);
      const at = lastAtMost(appends, appendedAt);
      return at < 0 ? Number.NEGATIVE_INFINITY : (times[at + 1] ?? now);
    },
    appendTimeOf(time) {
      const at = Math.max(0, lastAtMost(times, time));
      return (appends[at] ?? 0) + Math.min(stepMs, Math.max(0, time - (times[at] ?? 0)));
    },
  };
};
