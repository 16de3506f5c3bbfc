import { hashText } from "./rendezvous.ts";

/** What the register says of a key, as far as leases go. */
export const Standing = {
  /** Nothing yet. */
  unknown: 0,
  held: 1,
  /** Its lease lapsed. */
  lapsed: 2,
  /** The caller ended it. */
  ended: 3,
} as const;

export type StandingCode = (typeof Standing)[keyof typeof Standing];

const numbers = ["beatAt", "beatOffset", "beatSequence", "mark"] as const;
const words = ["hash", "leaseMs", "toldMs", "beatSession", "endSession"] as const;

type Column = (typeof numbers)[number] | (typeof words)[number];

/**
 * What is known of each key's lease, in columns of numbers: about 60 bytes a key and its entry in one map.
 * `beatAt` is lease time (NaN: no beat is known), `beatOffset` where the last recorded beat stands in the lease log,
 * `mark` the offset that was counted up to when it lapsed, or the sequence it ended with.
 */
export type LeaseKeys = {
  readonly size: number;
  /** The key's slot, made when there is none. */
  slotOf(key: string): number;
  find(key: string): number | undefined;
  /** Empty for a slot that no key has. */
  keyOf(slot: number): string;
  /** The key's slot is for another key from now on. */
  free(key: string): void;
  get(column: Column, slot: number): number;
  set(column: Column, slot: number, value: number): void;
  standing(slot: number): StandingCode;
  stand(slot: number, standing: StandingCode): void;
};

export const createLeaseKeys = (): LeaseKeys => {
  const slots = new Map<string, number>();
  const keys: string[] = [];
  const freed: number[] = [];
  const columns = {
    beatAt: new Float64Array(64),
    beatOffset: new Float64Array(64),
    beatSequence: new Float64Array(64),
    mark: new Float64Array(64),
    hash: new Uint32Array(64),
    leaseMs: new Uint32Array(64),
    toldMs: new Uint32Array(64),
    beatSession: new Uint32Array(64),
    endSession: new Uint32Array(64),
  };
  let standings = new Uint8Array(64);

  const grow = (): void => {
    const size = standings.length * 2;
    for (const column of numbers) {
      const larger = new Float64Array(size);
      larger.set(columns[column]);
      columns[column] = larger;
    }
    for (const column of words) {
      const larger = new Uint32Array(size);
      larger.set(columns[column]);
      columns[column] = larger;
    }
    const larger = new Uint8Array(size);
    larger.set(standings);
    standings = larger;
  };

  return {
    get size() {
      return keys.length;
    },
    slotOf(key) {
      const known = slots.get(key);
      if (known !== undefined) return known;
      const slot = freed.pop() ?? keys.length;
      if (slot === standings.length) grow();
      slots.set(key, slot);
      keys[slot] = key;
      columns.hash[slot] = hashText(key);
      columns.beatAt[slot] = Number.NaN;
      columns.beatOffset[slot] = -1;
      return slot;
    },
    find: (key) => slots.get(key),
    free(key) {
      const slot = slots.get(key);
      if (slot === undefined) return;
      slots.delete(key);
      keys[slot] = "";
      for (const column of [...numbers, ...words]) columns[column][slot] = 0;
      standings[slot] = Standing.unknown;
      freed.push(slot);
    },
    keyOf: (slot) => keys[slot] ?? "",
    get: (column, slot) => columns[column][slot] ?? 0,
    set: (column, slot, value) => {
      columns[column][slot] = value;
    },
    standing: (slot) => (standings[slot] ?? Standing.unknown) as StandingCode,
    stand: (slot, standing) => {
      standings[slot] = standing;
    },
  };
};
