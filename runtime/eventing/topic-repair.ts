import type { Log } from "../log.ts";
import type { EventBus, Follower, LogRecord, Reader } from "../ports.ts";
import { sleep, type Timers } from "../timers.ts";
import { readEnvelope, versionOf } from "./envelope.ts";
import { createLateRecords } from "./late-records.ts";

const everyMs = 250;
const atOnce = 64;
const defaultWaitMs = 1000;
const defaultMaxSuspects = 50_000;

export type TopicRepairOptions = {
  /** A compacted topic that the changes of stored entities are published to. */
  readonly topic: string;
  readonly bus: EventBus;
  /**
   * The version of the key's entity, if a record of it should stand behind the one of the version given; `undefined`
   * when the topic ends as it should. Throws when it cannot tell yet.
   */
  readonly missing: (key: string, last: bigint) => Promise<bigint | undefined>;
  /** Appends the entity's state, if it still has that version. */
  readonly restate: (key: string, version: bigint) => Promise<void>;
  readonly timers: Timers;
  readonly log: Log;
  /** A message that is on its way gets this time to arrive, and up to two times more, so that one replica is first. */
  readonly waitMs?: number;
  readonly maxSuspects?: number;
  /** Keys that a partition's last records are remembered of. */
  readonly maxKeys?: number;
};

/** A key whose last record may be older than its entity. */
type Suspect = {
  /** Version of the key's last record. */
  last: bigint;
  dueAt: number;
  /** The version that was missing when it was looked up; it must be so twice. */
  found: bigint | undefined;
};

/**
 * Has a compacted topic end with the winner of each key: a process that stopped between its save and its publish
 * appends an older state behind a newer one, and compaction would keep that. Follows the topic from its beginning,
 * and looks into the store only for records that may be late. What is remembered is bounded: where more is suspect
 * than fits, the topic is read once more, and looked at from the first record on that was left out.
 */
export const startTopicRepair = (options: TopicRepairOptions): Reader => {
  const { topic, bus, missing, restate, timers, log: parentLog, maxKeys } = options;
  const { waitMs = defaultWaitMs, maxSuspects = defaultMaxSuspects } = options;
  const log = parentLog.child({ topic });
  const stopping = new AbortController();
  const { signal } = stopping;
  const suspects = new Map<string, Suspect>();
  let follower: Follower | undefined;
  let late = createLateRecords(maxKeys);
  /** By partition: what was read, and the first record that was not looked at for want of room. */
  const read = new Map<number, bigint>();
  const leftOut = new Map<number, bigint>();
  /** Before it everything was looked at in an earlier reading. */
  let lookFrom: ReadonlyMap<number, bigint> = new Map();

  const pause = (milliseconds: number): Promise<unknown> =>
    sleep(timers, milliseconds, { signal, ref: false }).catch(() => undefined);

  const onRecord = (record: LogRecord): void => {
    const { key, partition, offset, timestamp } = record;
    const version = versionOf(record.headers.ce_sequence ?? readEnvelope(record).sequence);
    // What tells no version was not published by an entity.
    if (key === undefined || version === undefined) return;
    if (offset >= (read.get(partition) ?? 0n)) read.set(partition, offset + 1n);
    const isLate = late.take({ key, version, partition, timestamp });
    const isSuspect = isLate && offset >= (lookFrom.get(partition) ?? 0n);
    const suspect = suspects.get(key);
    if (suspect !== undefined) suspect.last = version;
    else if (isSuspect && suspects.size >= maxSuspects) {
      if (!leftOut.has(partition)) leftOut.set(partition, offset);
    } else if (isSuspect) {
      const dueAt = timers.elapsed() + waitMs * (1 + 2 * Math.random());
      suspects.set(key, { last: version, dueAt, found: undefined });
    }
  };

  const follow = async (): Promise<void> => {
    late = createLateRecords(maxKeys);
    lookFrom = new Map([...read, ...leftOut]);
    leftOut.clear();
    follower = await bus.follow({
      topic,
      onRecord,
      onError: (error) => {
        log.warn({ error }, "the topic is not looked after; reading it again");
        follower = undefined;
      },
    });
  };

  const judge = async (key: string, suspect: Suspect): Promise<void> => {
    suspect.dueAt = timers.elapsed() + waitMs;
    try {
      const version = await missing(key, suspect.last);
      if (version === undefined || version <= suspect.last) suspects.delete(key);
      else if (version !== suspect.found) suspect.found = version;
      else {
        await restate(key, version);
        log.info({ key, last: String(suspect.last), version: String(version) }, "an older record stood last");
        // It is read back like any other, and judged again.
        suspect.found = undefined;
      }
    } catch (error) {
      log.debug({ key, error }, "whether the topic ends as it should is looked up later");
    }
  };

  const round = async (): Promise<void> => {
    if (follower === undefined) await follow();
    const now = timers.elapsed();
    const ready = [...suspects].filter(([, { dueAt }]) => dueAt <= now);
    for (let start = 0; start < ready.length && !signal.aborted; start += atOnce) {
      await Promise.all(ready.slice(start, start + atOnce).map(([key, suspect]) => judge(key, suspect)));
    }
    if (leftOut.size > 0 && suspects.size === 0) {
      await follower?.close();
      follower = undefined;
    }
  };

  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      await round().catch((error: unknown) => log.debug({ error }, "the topic is looked after later"));
      await pause(everyMs);
    }
  };
  const done = run();

  return {
    async close() {
      stopping.abort();
      await done;
      await follower?.close();
    },
  };
};
