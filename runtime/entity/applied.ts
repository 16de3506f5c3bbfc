/** Where a consumed record stands, and how far the consumer is with the partition. */
export type ConsumedPosition = {
  /** Consumer group, topic and partition. */
  readonly source: string;
  readonly offset: bigint;
  /** The lowest offset that the consumer has not settled yet; it settles records of different keys in any order. */
  readonly floor: bigint;
};

/**
 * The offsets of one source that an entity has applied: the first says "everything up to here is settled", the
 * others, ascending, have been applied beyond it. A single highest offset would not do: a record of another
 * key, with a lower offset, may still be on its way to the same entity.
 */
export type Applied = readonly bigint[];

export const isApplied = (applied: Applied | undefined, offset: bigint): boolean =>
  applied !== undefined && (offset <= (applied[0] ?? -1n) || applied.includes(offset));

export const highestApplied = (applied: Applied): bigint => applied.at(-1) ?? -1n;

export const withApplied = (applied: Applied | undefined, { offset, floor }: ConsumedPosition): Applied => {
  const settled = applied?.[0] ?? -1n;
  const through = floor - 1n > settled ? floor - 1n : settled;
  const beyond = [...(applied?.slice(1) ?? []), offset].filter((each) => each > through);
  return [through, ...beyond.sort((a, b) => (a < b ? -1 : 1))];
};

/** How an entity names the partition of a consumer group whose records it has applied. */
export const positionSource = (group: string, topic: string, partition: number): string =>
  JSON.stringify([group, topic, partition]);
