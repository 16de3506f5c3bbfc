import { randomInt } from "node:crypto";

const tagBits = 12n;
const lowBits = 16n;
const tagMask = (1n << tagBits) - 1n;
const kindStep = 1n << tagBits;
const kindMask = (1n << lowBits) - kindStep;

/**
 * Versions of entities: milliseconds since the epoch, then 4 bits of kind, then 12 bits of replica tag. They grow
 * per key whatever the wall clock does, and two replicas never make the same one. A change has kind 0.
 */
export type VersionClock = {
  /** A version above `current`; unique among replicas while their tags differ. */
  next(current: bigint): bigint;
  /** Whether it is the version of a change that was made with this replica's tag. */
  isOwn(version: bigint): boolean;
  /** Takes another tag, after another replica was seen to use this one. */
  changeTag(): void;
};

export const createVersionClock = (
  now: () => number,
  randomTag: () => number = () => randomInt(Number(tagMask) + 1),
): VersionClock => {
  let tag = BigInt(randomTag());
  return {
    next(current) {
      const time = BigInt(now());
      const after = (current >> lowBits) + 1n;
      return ((time > after ? time : after) << lowBits) | tag;
    },
    isOwn: (version) => (version & tagMask) === tag && (version & kindMask) === 0n,
    changeTag() {
      const old = tag;
      while (tag === old) tag = BigInt(randomTag());
    },
  };
};

/**
 * The version of what the runtime itself makes of an entry: above the entry, below every change of a caller, and the
 * same whichever replica makes it.
 */
export const systemVersion = (base: bigint): bigint => base + kindStep;

/** The milliseconds of a version. */
export const timeOf = (version: bigint): number => Number(version >> lowBits);
