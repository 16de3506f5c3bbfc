import { setTimeout as delay } from "node:timers/promises";
import type { TopicPartitionOffset } from "kafkajs";
import type { Log } from "../../log.ts";

/** A commit is a write to a topic of the brokers: not one for each batch, but soon. */
const everyMs = 50;

export type Committer = {
  /** Notes how far a partition is done; it is committed a moment later. */
  note(topic: string, partition: number, offset: bigint): void;
  /** Commits at once what is noted. Never rejects: what is not committed will be delivered again. */
  flush(): Promise<void>;
  /** Forgets what is noted of a partition that another member has now. */
  forget(topic: string, partition: number): void;
  stop(): void;
};

export const createCommitter = (commit: (offsets: TopicPartitionOffset[]) => Promise<void>, log: Log): Committer => {
  const noted = new Map<string, TopicPartitionOffset>();
  const stopping = new AbortController();
  let isRunning = false;

  const commitNoted = async (): Promise<void> => {
    const offsets = [...noted.values()];
    noted.clear();
    if (offsets.length === 0) return;
    try {
      await commit(offsets);
    } catch (error) {
      log.warn({ error }, "offsets were not committed; the next commit will have them");
      for (const offset of offsets) {
        const id = `${offset.topic}/${offset.partition}`;
        if (!noted.has(id)) noted.set(id, offset);
      }
    }
  };

  const loop = async (): Promise<void> => {
    while (noted.size > 0 && !stopping.signal.aborted) {
      await delay(everyMs, undefined, { signal: stopping.signal }).catch(() => {});
      if (!stopping.signal.aborted) await commitNoted();
    }
    isRunning = false;
  };

  return {
    note(topic, partition, offset) {
      noted.set(`${topic}/${partition}`, { topic, partition, offset: String(offset) });
      if (isRunning) return;
      isRunning = true;
      void loop();
    },
    flush: commitNoted,
    forget: (topic, partition) => void noted.delete(`${topic}/${partition}`),
    stop: () => stopping.abort(),
  };
};
