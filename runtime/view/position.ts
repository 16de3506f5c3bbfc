import type { Position } from "./store.ts";

/** Where a consumed record stands. */
export type RecordPlace = {
  /** The record's `ce_sequence`: `<version>.<n>`, both decimal. */
  readonly sequence: string | undefined;
  readonly partition: number;
  readonly offset: bigint;
};

/** Digits of 2^64 - 1. */
const width = 20;

/**
 * The place of a record among those of its row and source, in text of fixed width, so that its bytes compare
 * as the numbers do: the entity's sequence if it is told, else the offset in the record's partition.
 */
export const positionOf = ({ sequence, partition, offset }: RecordPlace): Position => {
  const [, version, number = "0"] = /^(\d{1,20})(?:\.(\d{1,20}))?$/.exec(sequence ?? "") ?? [];
  return version === undefined
    ? { scale: `offset/${partition}`, at: pad(String(offset)) }
    : { scale: "sequence", at: `${pad(version)}.${pad(number)}` };
};

const pad = (digits: string): string => digits.padStart(width, "0");

/** Whether a write at `next` may replace what was written at `present`, for one source. */
export const isNewer = (next: Position, present: Position | undefined): boolean =>
  present === undefined || present.scale !== next.scale || next.at > present.at;
