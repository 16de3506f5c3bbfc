import type { Timestamp } from "mongodb";
import { MeshError } from "../../errors.ts";

/** Seconds of 2020-01-01: with them taken off, an order is an int64 until 2088. */
const firstSecond = 1_577_836_800n;
const perSecondBits = 20n;
const perTimeBits = 12n;

/** Places changes by the time the cluster gave them, and those of one transaction, which have one time, by their turn. */
export type Orders = { next(time: Timestamp | undefined): bigint };

/** The same changes get the same orders in every process that reads them from a time on. */
export const createOrders = (): Orders => {
  let last: Timestamp | undefined;
  let turn = 0n;
  return {
    next(time) {
      if (time === undefined) throw new MeshError("STORE_UNAVAILABLE", "MongoDB told a change without its time");
      turn = last?.equals(time) === true ? turn + 1n : 0n;
      last = time;
      return place(time, turn);
    },
  };
};

/** The last order that a change of this time can have. */
export const lastOrderOf = (time: Timestamp): bigint => place(time, (1n << perTimeBits) - 1n);

const place = ({ t, i }: Timestamp, turn: bigint): bigint => {
  const second = BigInt(t) - firstSecond;
  return (((second << perSecondBits) + BigInt(i)) << perTimeBits) + turn;
};
