import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import type { Follower, Following, LogRecord } from "../../ports.ts";
import type { KafkaClient } from "./client.ts";
import { busUnavailable, isHopeless, isOutOfRange, isUnknownTopic, noSuchTopic, topicRecreated } from "./errors.ts";
import type { FetchedPartition } from "./fetch-response.ts";
import { type LogReader, openLogReader } from "./log-reader.ts";
import { toLogRecord } from "./record.ts";

const firstBackoffMs = 20;
const lastBackoffMs = 1000;
/** A leader may be on the move just now. */
const beginWithinMs = 5000;
/** Brokers that start anew do not know their topics at once. */
const topicMissingMs = 30_000;

/**
 * Reads every partition from the beginning, on connections of its own and without a group: no rebalance, no timeout of a
 * coordinator can stop it. It keeps its positions, so whatever happens to a connection, nothing is skipped.
 */
export const follow = async (client: KafkaClient, following: Following): Promise<Follower> => {
  const { topic, onRecord, onError } = following;
  const log = client.log.child({ topic });
  const closing = new AbortController();
  const next = new Map<number, bigint>();
  let wasOutOfRange = false;
  let refusal: { readonly error: unknown } | undefined;
  let arrive: () => void = () => {};
  const caughtUp = new Promise<void>((resolve) => {
    arrive = resolve;
  });

  /** Begins new partitions at their start. What retention has deleted cannot be read; what was never there is an error. */
  const place = async (reader: LogReader): Promise<void> => {
    const [earliest, latest] = [await reader.offsets("earliest"), wasOutOfRange && (await reader.offsets("latest"))];
    for (const [partition, start] of earliest) {
      const position = next.get(partition) ?? start;
      const end = latest ? (latest.get(partition) ?? 0n) : undefined;
      if (end !== undefined && position > end) throw topicRecreated(topic, partition, position, end);
      if (position < start) log.warn({ partition, position, start }, "records were deleted before they were read");
      next.set(partition, position < start ? start : position);
    }
    wasOutOfRange = false;
  };

  const targets = new Map<number, bigint>();
  const noteArrival = (): void => {
    for (const [partition, end] of targets) {
      if ((next.get(partition) ?? 0n) >= end) targets.delete(partition);
    }
    if (targets.size === 0) arrive();
  };

  /** What the callback throws is its own mistake, which no new connection mends. */
  const deliver = (record: LogRecord): void => {
    try {
      onRecord(record);
    } catch (error) {
      refusal = { error };
      throw error;
    }
  };

  const take = ({ partition, records, next: after }: FetchedPartition): void => {
    const position = next.get(partition) ?? 0n;
    for (const record of records) {
      // A fetch gives whole batches, also what stands in them before the position.
      if (BigInt(record.offset) >= position) deliver(toLogRecord(topic, partition, record));
    }
    if (after !== undefined && after > position) next.set(partition, after);
  };

  /** Reads until something changes or fails; then the positions are right, and a new reader goes on. */
  const read = async (reader: LogReader): Promise<void> => {
    let isCurrent = true;
    const readFrom = async (leader: number, partitions: readonly number[]): Promise<void> => {
      try {
        while (isCurrent && !closing.signal.aborted) {
          const positions = partitions.map((partition) => ({ partition, offset: next.get(partition) ?? 0n }));
          const fetched = await reader.fetch(leader, positions);
          if (closing.signal.aborted) return;
          fetched.forEach(take);
          if (targets.size > 0) noteArrival();
          if (await reader.hasChanged()) isCurrent = false;
          await nextTurn();
        }
      } finally {
        isCurrent = false;
      }
    };
    const ends = await Promise.allSettled([...reader.leaders].map(([leader, all]) => readFrom(leader, all)));
    for (const end of ends) if (end.status === "rejected") throw end.reason;
  };

  const run = async (first: LogReader): Promise<void> => {
    let backoff = firstBackoffMs;
    let missingSince: number | undefined;
    let reader: LogReader | undefined = first;
    while (!closing.signal.aborted) {
      try {
        reader ??= await openLogReader(client, topic);
        await place(reader);
        backoff = firstBackoffMs;
        missingSince = undefined;
        await read(reader);
      } catch (error) {
        if (closing.signal.aborted) break;
        if (refusal !== undefined || isHopeless(error)) throw error;
        missingSince = isUnknownTopic(error) ? (missingSince ?? Date.now()) : undefined;
        if (missingSince !== undefined && Date.now() - missingSince > topicMissingMs) throw noSuchTopic(topic);
        wasOutOfRange = isOutOfRange(error);
        log.warn({ error, retryInMs: backoff }, "reading was interrupted; going on where it was");
        await delay(backoff, undefined, { signal: closing.signal }).catch(() => {});
        backoff = Math.min(backoff * 2, lastBackoffMs);
      } finally {
        await reader?.close();
        reader = undefined;
      }
    }
  };

  const begin = async (): Promise<LogReader> => {
    const reader = await openLogReader(client, topic);
    try {
      await place(reader);
      for (const [partition, end] of await reader.offsets("latest")) targets.set(partition, end);
      return reader;
    } catch (error) {
      await reader.close();
      throw error;
    }
  };

  const beginWithPatience = async (): Promise<LogReader> => {
    for (const deadline = Date.now() + beginWithinMs; ; ) {
      try {
        return await begin();
      } catch (error) {
        if (isHopeless(error) || isUnknownTopic(error) || Date.now() >= deadline) throw error;
        await delay(firstBackoffMs);
      }
    }
  };

  const first = await beginWithPatience().catch((error: unknown) => {
    throw isUnknownTopic(error) ? noSuchTopic(topic) : busUnavailable(`topic "${topic}" could not be read`, error);
  });
  noteArrival();
  const done = run(first).catch((error: unknown) =>
    onError(refusal?.error ?? busUnavailable(`topic "${topic}" cannot be read`, error)),
  );
  return {
    caughtUp,
    async close() {
      closing.abort();
      await done;
    },
  };
};
