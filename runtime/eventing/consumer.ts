import { AlreadyApplied } from "../entity/host.ts";
import { MeshError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { EventBus, LogRecord, Reader } from "../ports.ts";
import { sleep, type Timers } from "../timers.ts";
import { createChains } from "./chains.ts";
import { sendDeadLetter } from "./dead-letter.ts";
import { failureKind, isHandlersOwn } from "./failure.ts";
import { createFloor, type Floor } from "./floor.ts";
import type { Handled } from "./handled.ts";

export type ConsumerOptions = {
  readonly group: string;
  readonly topics: readonly string[];
  /**
   * Handles one record; records of one key come one after the other, of different keys together. `floor` is the
   * lowest offset of the partition that is not settled yet.
   */
  readonly handle: (record: LogRecord, floor: bigint) => Promise<void>;
  /**
   * Handles records of one key, in order, as one. The next one after those that are done is handled alone, and those
   * behind it are tried as one again. What fails as a whole is handled one by one.
   */
  readonly handleTogether?: ((records: readonly LogRecord[], floor: bigint) => Promise<Handled>) | undefined;
  /**
   * Handles records of one partition as a whole, all or none: for work that may be repeated, and that several records
   * of a key make less of. What fails as a whole is handled one by one.
   */
  readonly handleAll?: ((records: readonly LogRecord[]) => Promise<void>) | undefined;
  readonly bus: EventBus;
  readonly log: Log;
  /** How long a record is tried again that keeps failing before it is dead-lettered. */
  readonly giveUpAfterMs: number;
  readonly timers: Timers;
  /** Called when the consumer starts, stops or cannot go on. */
  readonly onHealth: (isServing: boolean) => void;
};

const firstBackoffMs = 50;
const lastBackoffMs = 10_000;
/** The more records are handled as a whole, the more of them have a key in common. */
const wholeWindow = 8000;
/** Of one key, handled as one: what they leave behind has to fit into one write. */
const mostTogether = 100;

/** Batches of one partition that are handled as a whole: one at a time, and what waits for it. */
type Lane = {
  readonly waiting: LogRecord[];
  running: Promise<unknown>;
  /** The outcome of those that wait; `rest` is what has to be handled one by one. */
  next: Promise<{ readonly rest?: Promise<void> }> | undefined;
};

/**
 * Reads topics as a group. Order holds per key; a record that fails for now holds back its key only, until
 * the window of its partition is full. One that fails for good goes to the dead-letter topic with the reason.
 */
export const startConsumer = async (options: ConsumerOptions): Promise<Reader> => {
  const { group, topics, handle, handleTogether, handleAll, bus, log, giveUpAfterMs, timers, onHealth } = options;
  const stopping = new AbortController();
  const floors = new Map<string, Floor>();
  const lanes = new Map<string, Lane>();

  const floorOf = ({ topic, partition }: LogRecord): Floor => {
    const place = `${topic}/${partition}`;
    const floor = floors.get(place) ?? createFloor();
    floors.set(place, floor);
    return floor;
  };

  /** `failure` is what a first try has come to already. */
  const attempt = async (record: LogRecord, failure?: Handled["failure"]): Promise<void> => {
    let known = failure;
    const place = { group, topic: record.topic, partition: record.partition, offset: record.offset, key: record.key };
    const startedAt = timers.elapsed();
    for (let backoff = firstBackoffMs; ; backoff = Math.min(backoff * 2, lastBackoffMs)) {
      stopping.signal.throwIfAborted();
      try {
        if (known !== undefined) throw known.reason;
        return await handle(record, floorOf(record).lowest() ?? record.offset);
      } catch (error) {
        known = undefined;
        if (error instanceof AlreadyApplied) return;
        if (error instanceof MeshError && error.code === "TOPIC_RECREATED") throw error;
        const isTerminal = failureKind(error) === "terminal";
        if (isTerminal || (isHandlersOwn(error) && timers.elapsed() - startedAt >= giveUpAfterMs)) {
          log.error({ ...place, error }, isTerminal ? "dead-lettered" : "dead-lettered after failing for too long");
          return await giveUp(record, error);
        }
        log.warn({ ...place, error, retryInMs: backoff }, "handling failed; trying again");
        await sleep(timers, backoff, { signal: stopping.signal });
      }
    }
  };

  /** A dead letter must not be lost either: it is sent until it is stored. */
  const giveUp = async (record: LogRecord, reason: unknown): Promise<void> => {
    for (let backoff = firstBackoffMs; ; backoff = Math.min(backoff * 2, lastBackoffMs)) {
      try {
        return await sendDeadLetter(bus, record, group, reason);
      } catch (error) {
        log.warn(
          { group, topic: record.topic, error, retryInMs: backoff },
          "the dead letter was not stored; trying again",
        );
        await sleep(timers, backoff, { signal: stopping.signal });
      }
    }
  };

  const settle = (records: readonly LogRecord[]): void => {
    for (const record of records) floorOf(record).settle(record.offset);
  };

  /** `undefined` when they cannot be handled as one. */
  const attemptTogether = async (records: readonly LogRecord[]): Promise<Handled | undefined> => {
    const [first] = records;
    if (handleTogether === undefined || first === undefined || records.length < 2) return undefined;
    stopping.signal.throwIfAborted();
    try {
      return await handleTogether(records, floorOf(first).lowest() ?? first.offset);
    } catch (error) {
      log.warn({ group, topic: first.topic, key: first.key, error }, "several records failed as one; one by one now");
      return undefined;
    }
  };

  const handleChain = async (records: readonly LogRecord[]): Promise<void> => {
    for (let next = 0; next < records.length; next += 1) {
      const handled = await attemptTogether(records.slice(next));
      if (handled === undefined) return handleEach(records.slice(next));
      settle(records.slice(next, next + handled.done));
      next += handled.done;
      await handleEach(records.slice(next, next + 1), handled.failure);
    }
  };

  const handleEach = async (records: readonly LogRecord[], failure?: Handled["failure"]): Promise<void> => {
    for (const record of records) {
      await attempt(record, failure);
      settle([record]);
    }
  };

  /** A failure here ends the chain, and the subscription. */
  const chains = createChains({ handle: handleChain, most: mostTogether });
  const take = (batch: readonly LogRecord[]): Promise<void> => {
    for (const record of batch) floorOf(record).begin(record.offset);
    return chains.take(batch);
  };

  /** Whether the batch could be handled as a whole, which it cannot behind a record that is tried again. */
  const takeWhole = async (batch: readonly LogRecord[]): Promise<boolean> => {
    if (handleAll === undefined || batch.some(chains.isRunning)) return false;
    try {
      await handleAll(batch);
      return true;
    } catch {
      return false;
    }
  };

  /** What comes while a whole batch of the partition is handled goes as one behind it, but not behind its failures. */
  const takeInLane = async (batch: readonly LogRecord[]): Promise<void> => {
    const id = `${batch[0]?.topic}/${batch[0]?.partition}`;
    const lane = lanes.get(id) ?? { waiting: [], running: Promise.resolve(), next: undefined };
    lanes.set(id, lane);
    lane.waiting.push(...batch);
    lane.next ??= lane.running.then(async () => {
      const records = lane.waiting.splice(0);
      if (lane.next !== undefined) lane.running = lane.next;
      lane.next = undefined;
      return (await takeWhole(records)) ? {} : { rest: take(records) };
    });
    await (await lane.next).rest;
  };

  const reader = await bus.subscribe({
    group,
    topics,
    onBatch: handleAll === undefined ? take : takeInLane,
    ...(handleAll === undefined && handleTogether === undefined ? {} : { window: wholeWindow }),
    onError: (error) => {
      if (stopping.signal.aborted) return;
      log.error({ group, error }, "the consumer stopped");
      onHealth(false);
    },
  });
  onHealth(true);

  return {
    async close() {
      onHealth(false);
      stopping.abort();
      await reader.close();
    },
  };
};
