import type { Timestamp } from "../gen/google/protobuf/timestamp.ts";

/** Milliseconds since the epoch as the protobuf type. */
export const timestampOf = (milliseconds: number): Timestamp => {
  const seconds = Math.floor(milliseconds / 1000);
  return { seconds: BigInt(seconds), nanos: Math.round((milliseconds - seconds * 1000) * 1_000_000) };
};

export const millisecondsOf = ({ seconds, nanos }: Timestamp): number => Number(seconds) * 1000 + nanos / 1_000_000;
