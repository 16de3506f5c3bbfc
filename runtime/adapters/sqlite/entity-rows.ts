import type { PendingMessage } from "../../ports.ts";

/** A pending message as it stands in its table. */
export type PendingRow = {
  readonly sequence: string;
  readonly topic: string;
  readonly record_key: string | null;
  readonly partition_key: string | null;
  readonly value: Buffer | null;
  readonly headers: string;
};

export const readPending = (row: PendingRow): PendingMessage => ({
  sequence: row.sequence,
  topic: row.topic,
  key: row.record_key ?? undefined,
  partitionKey: row.partition_key ?? undefined,
  value: row.value,
  headers: JSON.parse(row.headers) as Record<string, string>,
});

export const readApplied = (text: string): Map<string, readonly bigint[]> =>
  new Map(
    Object.entries(JSON.parse(text) as Record<string, string[]>).map(([source, offsets]) => [
      source,
      offsets.map(BigInt),
    ]),
  );

export const writeApplied = (applied: ReadonlyMap<string, readonly bigint[]>): string =>
  JSON.stringify(Object.fromEntries([...applied].map(([source, offsets]) => [source, offsets.map(String)])));

/** What a piece of work gave or threw, for a batch in which none may fail with another. */
export const settled = <T>(work: () => T): T | { readonly error: unknown } => {
  try {
    return work();
  } catch (error) {
    return { error };
  }
};
