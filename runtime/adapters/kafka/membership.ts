import type { Consumer, ConsumerCrashEvent, ConsumerGroupJoinEvent, EachBatchPayload } from "kafkajs";
import type { Log } from "../../log.ts";
import type { LogRecord, Subscription } from "../../ports.ts";
import type { KafkaClient } from "./client.ts";
import { createCommitter } from "./committer.ts";
import { createPartitionWindow, type PartitionWindow } from "./partition-window.ts";
import { toLogRecord } from "./record.ts";

const defaultWindow = 1000;

export type MembershipOptions = {
  readonly client: KafkaClient;
  readonly subscription: Subscription;
  readonly log: Log;
  /** kafkajs has given up; a new membership may do better. Called once at most. */
  readonly onCrash: (error: unknown) => void;
  /** The callback has rejected. Called once at most. */
  readonly onFailure: (error: unknown) => void;
};

/** One stay in a consumer group, from the first join to the leave or the crash. */
export type Membership = {
  readonly memberId: string;
  /** Ends the callbacks, commits, and leaves. */
  leave(): Promise<void>;
};

/** Joins the group, and reads until it leaves. Rejects when it cannot join. */
export const joinGroup = async (options: MembershipOptions): Promise<Membership> => {
  const { client, subscription, log, onCrash, onFailure } = options;
  const { topics, group, onBatch, window: size = defaultWindow } = subscription;
  const windows = new Map<string, { topic: string; partition: number; window: PartitionWindow }>();
  let memberId: string | undefined;
  let crash: { readonly error: unknown } | undefined;
  let isLeaving = false;
  let hasFailed = false;

  const consumer: Consumer = client.kafka.consumer({
    groupId: group,
    sessionTimeout: 10_000,
    rebalanceTimeout: 20_000,
    // Rebalances are noticed by heartbeats.
    heartbeatInterval: 500,
    // A record is sent on as soon as it is there; this is how long a fetch without one takes.
    maxWaitTimeInMs: 250,
    // A fetch is decoded in one go, and nothing else runs meanwhile.
    maxBytes: 2_097_152,
    // What is handled together, a few thousand records, should come together.
    maxBytesPerPartition: 1_048_576,
    allowAutoTopicCreation: false,
    metadataMaxAge: 60_000,
    // What goes wrong after these tries is answered with a new consumer, not with a restart inside this one: that
    // could not be stopped while it joins.
    retry: { initialRetryTime: 50, maxRetryTime: 1000, retries: 6, restartOnFailure: async () => false },
  });
  const committer = createCommitter((offsets) => consumer.commitOffsets(offsets), log);

  const fail = (error: unknown): void => {
    if (hasFailed || isLeaving) return;
    hasFailed = true;
    onFailure(error);
  };

  const windowOf = (topic: string, partition: number): PartitionWindow => {
    const id = `${topic}/${partition}`;
    const present = windows.get(id);
    if (present !== undefined) return present.window;
    const window = createPartitionWindow({
      size,
      onBatch,
      onProgress: (end) => committer.note(topic, partition, end),
      onRoom: () => steer(topic, partition, window),
      onFailure: fail,
    });
    windows.set(id, { topic, partition, window });
    return window;
  };

  /** Between a crash and its event kafkajs throws at such orders; then there is nothing to steer any more. */
  const order = (give: () => void): void => {
    try {
      give();
    } catch (error) {
      log.debug({ error }, "the consumer has stopped");
    }
  };

  const paused = new Set<string>();
  /** Fetching stops while more than a window waits here, and goes on before the queue runs dry. */
  const steer = (topic: string, partition: number, window: PartitionWindow): void => {
    const id = `${topic}/${partition}`;
    if (isLeaving || crash !== undefined) return;
    if (window.queued > size && !paused.has(id)) {
      paused.add(id);
      order(() => consumer.pause([{ topic, partitions: [partition] }]));
    } else if (window.queued <= size / 2 && paused.delete(id)) {
      order(() => consumer.resume([{ topic, partitions: [partition] }]));
    }
  };

  /**
   * kafkajs forgets its positions in every rebalance. A partition that stayed here goes on where it was; what was lost
   * and regained begins at the committed offset.
   */
  const onJoin = ({ payload }: ConsumerGroupJoinEvent): void => {
    const isSameMember = payload.memberId === memberId;
    memberId = payload.memberId;
    paused.clear();
    for (const [topic, partitions] of Object.entries(payload.memberAssignment)) {
      if (!isLeaving) order(() => consumer.resume([{ topic, partitions }]));
    }
    for (const [id, { topic, partition, window }] of windows) {
      if (isSameMember && payload.memberAssignment[topic]?.includes(partition)) {
        const offset = String(window.next);
        order(() => consumer.seek({ topic, partition, offset }));
        steer(topic, partition, window);
        continue;
      }
      window.abandon();
      committer.forget(topic, partition);
      windows.delete(id);
    }
  };

  const eachBatch = async ({ batch, resolveOffset, isStale }: EachBatchPayload): Promise<void> => {
    // A batch that was fetched before a rebalance may come after it.
    if (isLeaving || hasFailed || isStale()) return;
    const { topic, partition } = batch;
    const records: LogRecord[] = batch.messages.map((message) => toLogRecord(topic, partition, message));
    const last = records.at(-1);
    if (last === undefined) return;
    resolveOffset(String(last.offset));
    windowOf(topic, partition).push(records, BigInt(batch.lastOffset()) + 1n);
  };

  const stopWindows = async (): Promise<void> => {
    await Promise.all([...windows.values()].map(({ window }) => window.stop()));
  };

  consumer.on(consumer.events.GROUP_JOIN, onJoin);
  consumer.on(consumer.events.REBALANCING, () => committer.flush());
  consumer.on(consumer.events.CRASH, ({ payload: { error } }: ConsumerCrashEvent) => {
    crash = { error };
    committer.stop();
    for (const { window } of windows.values()) window.abandon();
    if (memberId !== undefined) onCrash(error);
  });

  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      // A batch must not wait behind another's heartbeat, in which a rebalance may happen.
      partitionsConsumedConcurrently: 64,
      eachBatch,
    });
    if (crash !== undefined && memberId === undefined) throw crash.error;
  } catch (error) {
    committer.stop();
    await consumer.disconnect().catch(() => {});
    throw error;
  }

  const leave = async (): Promise<void> => {
    isLeaving = true;
    // Paused, not stopped: the heartbeats go on until the last callback has returned.
    for (const topic of topics) order(() => consumer.pause([{ topic }]));
    await stopWindows();
    committer.stop();
    if (crash === undefined) await committer.flush();
    await consumer.disconnect().catch((error: unknown) => log.debug({ error }, "left without a word"));
  };
  let left: Promise<void> | undefined;
  return {
    get memberId() {
      return memberId ?? "";
    },
    leave() {
      left ??= leave();
      return left;
    },
  };
};
