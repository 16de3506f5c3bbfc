import type { Timestamp } from "../gen/google/protobuf/timestamp.ts";

/** Milliseconds since the epoch as the protobuf type. */
export const timestampOf = (milliseconds: number): Timestamp => ({
  seconds: BigInt(Math.floor(milliseconds / 1000)),
  nanos: (((milliseconds % 1000) + 1000) % 1000) * 1_000_000,
});
