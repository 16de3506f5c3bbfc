import { firstGeneration, type Generation, mergeGenerations } from "./data/generation.ts";

/** What this process knows of a key: the fold of its records. */
export type DataEntry = {
  readonly held: Generation;
  /** Place of the key's last record, whether it counted or not; 0 before the first. It names what was read. */
  readonly head: bigint;
  /** The highest version that was read. */
  readonly version: bigint;
  /** Append time of the key's last record. */
  readonly at: number;
  /**
   * A record did not count, and none has been made since by somebody who knew of it. A log that begins there by
   * compaction would be read differently.
   */
  readonly isDisputed: boolean;
};

/** A record of the log. */
export type DataChange = {
  /** Where it stands in the log: a record that is appended again stands elsewhere. From 1. */
  readonly place: bigint;
  readonly version: bigint;
  /** All that its author held, with the author's change. */
  readonly holds: Generation;
  /** The head that its author had read. */
  readonly base: bigint;
  /** When its author had read the whole log as far as it went then, and when the record was appended. */
  readonly knownAt: number;
  readonly at: number;
};

const hour = 3_600_000;

/** Nothing is on its way for so long: what took longer is no part of the log. */
export const lateMs = 24 * hour;
/** A deletion is remembered until all that did not know of it would come late, whatever the clocks say. */
export const forgetMs = 2 * lateMs;

export const noEntry: DataEntry = { held: firstGeneration, head: 0n, version: 0n, at: 0, isDisputed: false };

export const isLate = ({ knownAt, at }: DataChange): boolean => at - knownAt > lateMs;

/** Whether an entry tells no more than that there is nothing, and whoever knew otherwise is too late by now. */
export const isForgotten = ({ held, head, at }: DataEntry, now: number): boolean =>
  head !== 0n && held.tree === undefined && now - at > forgetMs;

export type Taken = {
  readonly entry: DataEntry;
  /** Whether the record counted: what it changes stands, for every reader of the log alike. */
  readonly hasCounted: boolean;
};

/**
 * What a key holds after one more record of its log. A record whose author had read all that was read here holds all
 * of it; another one is merged. Only who has read everything may begin a new generation, or what came in between
 * would be lost; such a record, and one of an older generation, does not count, and its author runs its command again.
 */
export const takeChange = (present: DataEntry, change: DataChange): Taken => {
  if (isLate(change)) return { entry: present, hasCounted: false };
  const before = isForgotten(present, change.at) ? noEntry : present;
  const { place, version, base, at, holds } = change;
  const read = { head: place, version: version > before.version ? version : before.version, at };
  if (before.head === 0n || base === before.head) {
    return { entry: { ...read, held: holds, isDisputed: false }, hasCounted: true };
  }
  const { held, isDisputed } = before;
  if (holds.number !== held.number) return { entry: { ...read, held, isDisputed: true }, hasCounted: false };
  return { entry: { ...read, held: mergeGenerations(held, holds), isDisputed }, hasCounted: true };
};
