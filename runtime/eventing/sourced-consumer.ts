import { changesTopic } from "../entity/entity-changes.ts";
import type { EntityStore, LogRecord, Reader } from "../ports.ts";
import { repeat, sleep } from "../timers.ts";
import { type BackfillOptions, backfill, confirmSeen, type NotedOffsets } from "./backfill.ts";
import { type ConsumerOptions, startConsumer } from "./consumer.ts";
import { sendDeadLetter } from "./dead-letter.ts";
import { failureKind, isHandlersOwn } from "./failure.ts";
import type { ScannedSource } from "./scanned.ts";

export type SourcedConsumerOptions = ConsumerOptions & {
  readonly now: () => number;
  readonly store: EntityStore;
  /** Entities among its sources, whose store is read before their topics. */
  readonly scans: readonly ScannedSource[];
  readonly handleScanned: (records: readonly LogRecord[]) => Promise<void>;
  /** Called when everything that was in the stores has been handled. */
  readonly onBackfilled: () => void;
};

const firstBackoffMs = 50;
const lastBackoffMs = 10_000;
const confirmEveryMs = 3_600_000;

/**
 * A consumer of entities: it takes over what is in their stores, then reads their topics from where they ended before.
 * It returns at once; until the stores are read, its health is not serving.
 */
export const startSourcedConsumer = (options: SourcedConsumerOptions): Reader => {
  const { store, scans, group, bus, log, now, timers, onHealth, onBackfilled } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const backfills = scans.map(
    (source): BackfillOptions => ({
      group,
      source,
      handle: (records) => handleAtLast(options, records, signal),
      store,
      bus,
      log,
      now,
      timers,
      signal,
    }),
  );

  const run = async (): Promise<Reader> => {
    for (let backoff = firstBackoffMs; ; backoff = Math.min(backoff * 2, lastBackoffMs)) {
      try {
        const noted = new Map<string, NotedOffsets>();
        for (const each of backfills) noted.set(changesTopic(each.source.entityType), await backfill(each));
        onBackfilled();
        return await startConsumer(behind(options, noted));
      } catch (error) {
        signal.throwIfAborted();
        log.warn({ group, error, retryInMs: backoff }, "the consumer could not start; trying again");
        await sleep(timers, backoff, { signal });
      }
    }
  };

  onHealth(false);
  const running = run();
  // Its only failure is the end of the process's patience with it: being closed.
  running.catch(() => undefined);
  const stopConfirming = repeat(timers, confirmEveryMs, () => {
    for (const each of backfills) {
      confirmSeen(each).catch((error: unknown) => log.warn({ group, error }, "could not note that the consumer runs"));
    }
  });

  return {
    async close() {
      stopConfirming();
      stopping.abort();
      await running.then(
        (reader) => reader.close(),
        () => undefined,
      );
    },
  };
};

/** The consumer without what stood in a topic before its store was read: the scan has told it. */
const behind = (options: ConsumerOptions, noted: ReadonlyMap<string, NotedOffsets>): ConsumerOptions => {
  const { handle, handleTogether, handleAll } = options;
  const isNew = ({ topic, partition, offset }: LogRecord): boolean =>
    offset >= (noted.get(topic)?.get(partition) ?? 0n);
  return {
    ...options,
    handle: async (record, floor) => {
      if (isNew(record)) await handle(record, floor);
    },
    handleTogether:
      handleTogether &&
      (async (records, floor) => {
        // In order of their offsets: the old ones come first, and are done.
        const firstNew = records.findIndex(isNew);
        if (firstNew === 0) return handleTogether(records, floor);
        return { done: firstNew === -1 ? records.length : firstNew };
      }),
    handleAll: handleAll && ((records) => handleAll(records.filter(isNew))),
  };
};

/** As the consumer does with records of a topic: together, else one by one; what fails for good is dead-lettered. */
const handleAtLast = async (
  { handleScanned, bus, group, log, timers, giveUpAfterMs }: SourcedConsumerOptions,
  records: readonly LogRecord[],
  signal: AbortSignal,
): Promise<void> => {
  const isDone = await handleScanned(records).then(
    () => true,
    () => false,
  );
  if (isDone) return;
  for (const record of records) {
    const startedAt = timers.elapsed();
    for (let backoff = firstBackoffMs; ; backoff = Math.min(backoff * 2, lastBackoffMs)) {
      signal.throwIfAborted();
      try {
        await handleScanned([record]);
        break;
      } catch (error) {
        const isTerminal = failureKind(error) === "terminal";
        if (isTerminal || (isHandlersOwn(error) && timers.elapsed() - startedAt >= giveUpAfterMs)) {
          log.error({ group, key: record.key, error }, "dead-lettered while scanning the store");
          await sendDeadLetter(bus, record, group, error);
          break;
        }
        log.warn({ group, key: record.key, error, retryInMs: backoff }, "handling failed; trying again");
        await sleep(timers, backoff, { signal });
      }
    }
  }
};
