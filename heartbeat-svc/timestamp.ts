import type { Duration } from "../gen/google/protobuf/duration.ts";
import type { Timestamp } from "../gen/google/protobuf/timestamp.ts";

/** The second that was told last: thousands of heartbeats tell the same one. */
let told = { second: 0, seconds: 0n };

const secondsOf = (second: number): bigint => {
  if (told.second !== second) told = { second, seconds: BigInt(second) };
  return told.seconds;
};

/** Milliseconds since the epoch as the protobuf type. */
export const timestampOf = (milliseconds: number): Timestamp => ({
  seconds: secondsOf(Math.floor(milliseconds / 1000)),
  nanos: (((milliseconds % 1000) + 1000) % 1000) * 1_000_000,
});

/** The duration that was told last, again: of many devices most have the same interval. */
let given: { readonly milliseconds: number; readonly duration: Duration } | undefined;

export const durationOf = (milliseconds: number): Duration => {
  if (given?.milliseconds !== milliseconds) given = { milliseconds, duration: makeDuration(milliseconds) };
  return given.duration;
};

const makeDuration = (milliseconds: number): Duration => {
  const seconds = Math.floor(milliseconds / 1000);
  return { seconds: BigInt(seconds), nanos: Math.round((milliseconds - seconds * 1000) * 1_000_000) };
};

export const millisecondsOf = ({ seconds, nanos }: Duration): number => Number(seconds) * 1000 + nanos / 1_000_000;
