import type { Duration } from "../gen/google/protobuf/duration.ts";
import type { Timestamp } from "../gen/google/protobuf/timestamp.ts";

/** Milliseconds since the epoch as the protobuf type. */
export const timestampOf = (milliseconds: number): Timestamp => ({
  seconds: BigInt(Math.floor(milliseconds / 1000)),
  nanos: (((milliseconds % 1000) + 1000) % 1000) * 1_000_000,
});

export const durationOf = (milliseconds: number): Duration => {
  const seconds = Math.floor(milliseconds / 1000);
  return { seconds: BigInt(seconds), nanos: Math.round((milliseconds - seconds * 1000) * 1_000_000) };
};

export const millisecondsOf = ({ seconds, nanos }: Duration): number => Number(seconds) * 1000 + nanos / 1_000_000;
