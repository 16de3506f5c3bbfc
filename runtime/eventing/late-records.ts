import { timeOf } from "../entity/version-clock.ts";

/** A record is appended within this time of the making of its version, unless something went wrong. */
const punctualMs = 5000;
/** So what it could be older than was appended within this time before it, with room for clocks that differ. */
const windowMs = 2 * punctualMs;
const defaultMaxKeys = 50_000;

/** What a record of a topic tells of an entity, as far as its place in the order matters. */
export type VersionedRecord = {
  readonly key: string;
  readonly version: bigint;
  readonly partition: number;
  /** Append time. */
  readonly timestamp: number;
};

/** Finds the records of a topic that may stand behind a newer one of their key. */
export type LateRecords = {
  /** Takes the next record. True when it may be late: it is, or too little is remembered to tell. */
  take(record: VersionedRecord): boolean;
  readonly size: number;
};

type Recent = { readonly version: bigint; readonly timestamp: number };
type Partition = {
  /** In the order of their last records. */
  readonly recent: Map<string, Recent>;
  /** Keys whose last record was appended until then may have been forgotten too early. */
  forgottenUntil: number;
};

/**
 * Remembers no key for longer than some seconds, and of each partition no more than a number of them. A version tells
 * when it was made: a record that was appended soon after can only be older than one that was appended within the
 * window. Of any other record, and where the window did not fit, nothing is known, which the caller looks up.
 */
export const createLateRecords = (maxKeys: number = defaultMaxKeys): LateRecords => {
  const partitions = new Map<number, Partition>();

  const partitionOf = (number: number): Partition => {
    const present = partitions.get(number);
    if (present !== undefined) return present;
    const partition = { recent: new Map<string, Recent>(), forgottenUntil: Number.NEGATIVE_INFINITY };
    partitions.set(number, partition);
    return partition;
  };

  const forget = (partition: Partition, timestamp: number): void => {
    for (const [key, last] of partition.recent) {
      const isOld = last.timestamp < timestamp - windowMs;
      if (!isOld && partition.recent.size <= maxKeys) return;
      partition.recent.delete(key);
      if (!isOld) partition.forgottenUntil = Math.max(partition.forgottenUntil, last.timestamp);
    }
  };

  return {
    take({ key, version, partition: number, timestamp }) {
      const partition = partitionOf(number);
      const before = partition.recent.get(key);
      const isOlder = before !== undefined && version < before.version;
      partition.recent.delete(key);
      partition.recent.set(key, { version: isOlder ? before.version : version, timestamp });
      forget(partition, timestamp);
      const isPunctual = Math.abs(timestamp - timeOf(version)) <= punctualMs;
      return isOlder || !isPunctual || partition.forgottenUntil >= timestamp - windowMs;
    },
    get size() {
      return [...partitions.values()].reduce((sum, { recent }) => sum + recent.size, 0);
    },
  };
};
