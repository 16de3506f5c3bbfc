import type { RecordedBeat } from "./lease-record.ts";

export type Beat = Omit<RecordedBeat, "key" | "count" | "ageMs">;

/** A beat that no record has told of yet. */
type Fresh = { -readonly [field in keyof Beat]: Beat[field] } & { readonly key: string; at: number };

/** Beats that one record told of first, and where their counts begin. */
type Told = { readonly beats: ReadonlyMap<string, Fresh>; readonly from: number };

/**
 * Beats that this replica has answered and not yet read back in a record of its own. Each record repeats all of
 * them, so it does not matter which of its records are lost.
 */
export type UnrecordedBeats = {
  add(key: string, beat: Beat, now: number): void;
  has(key: string): boolean;
  /** All of them, in the order of their counts. */
  cut(now: number): readonly RecordedBeat[];
  /** They stand in the log, up to this count. */
  recorded(through: number): void;
  readonly size: number;
};

/**
 * A beat is counted when the first record tells of it: until then a later one of its key, which says all that it
 * does, takes its place.
 */
export const createUnrecordedBeats = (): UnrecordedBeats => {
  let fresh = new Map<string, Fresh>();
  let told: readonly Told[] = [];
  let counted = 0;

  const close = (): void => {
    if (fresh.size === 0) return;
    told = [...told, { beats: fresh, from: counted + 1 }];
    counted += fresh.size;
    fresh = new Map();
  };

  return {
    add(key, { leaseMs, toldMs, session, sequence }, now) {
      const known = fresh.get(key);
      if (known === undefined) {
        fresh.set(key, { key, leaseMs, toldMs, session, sequence, at: now });
        return;
      }
      // Written over: what is made anew for each beat outlives collections, and is copied by them.
      known.leaseMs = leaseMs;
      known.toldMs = toldMs;
      known.session = session;
      known.sequence = sequence;
      known.at = now;
    },
    has: (key) => fresh.has(key) || told.some(({ beats }) => beats.has(key)),
    cut(now) {
      close();
      const all: RecordedBeat[] = [];
      for (const { beats, from } of told) {
        let count = from;
        for (const { key, leaseMs, toldMs, session, sequence, at } of beats.values()) {
          all.push({ key, count, ageMs: now - at, leaseMs, toldMs, session, sequence });
          count += 1;
        }
      }
      return all;
    },
    recorded(through) {
      // Records are read back in the order they were cut, so each stands whole or not at all.
      told = told.filter(({ beats, from }) => from + beats.size - 1 > through);
    },
    get size() {
      return told.reduce((sum, { beats }) => sum + beats.size, fresh.size);
    },
  };
};
