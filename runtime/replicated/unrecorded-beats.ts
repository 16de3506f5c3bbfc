import type { RecordedBeat } from "./lease-record.ts";

export type Beat = Omit<RecordedBeat, "key" | "count" | "ageMs">;

type Waiting = Beat & { readonly count: number; readonly at: number };

/**
 * Beats that this replica has answered and not yet read back in a record of its own. Each record repeats all of
 * them, so it does not matter which of its records are lost.
 */
export type UnrecordedBeats = {
  add(key: string, beat: Beat, now: number): void;
  has(key: string): boolean;
  /** All of them, in the order they came. */
  cut(now: number): readonly RecordedBeat[];
  /** They stand in the log, up to this count. */
  recorded(through: number): void;
  readonly size: number;
};

export const createUnrecordedBeats = (): UnrecordedBeats => {
  const waiting = new Map<string, Waiting>();
  let counted = 0;
  return {
    add(key, { leaseMs, toldMs, session, sequence }, now) {
      // A later beat of the key says all that the earlier one did. Put last, the map keeps the order of counts.
      waiting.delete(key);
      counted += 1;
      waiting.set(key, { leaseMs, toldMs, session, sequence, count: counted, at: now });
    },
    has: (key) => waiting.has(key),
    cut(now) {
      const beats: RecordedBeat[] = [];
      for (const [key, { at, ...beat }] of waiting) beats.push({ ...beat, key, ageMs: now - at });
      return beats;
    },
    recorded(through) {
      for (const [key, { count }] of waiting) {
        if (count > through) break;
        waiting.delete(key);
      }
    },
    get size() {
      return waiting.size;
    },
  };
};
