import { setImmediate as nextTurn } from "node:timers/promises";
import type { Database } from "./database.ts";
import type { LogTable, Topic } from "./log-table.ts";

const compactionLagMs = 10 * 60_000;
const deleteRetentionMs = 7 * 24 * 3_600_000;
const slice = 2000n;

export type Compaction = {
  /** One round over all topics, in slices between which other work goes on. */
  run(now: number): Promise<void>;
};

/**
 * Drops what the cleanup policies allow: of a compacted topic every record older than ten minutes that a later
 * one of its key follows, and a tombstone a week after it was written; of others what is past its retention.
 */
export const createCompaction = (db: Database, log: LogTable): Compaction => {
  const dropOverwritten = db.prepare<{ topic: bigint; partition: number; from: bigint; to: bigint; before: number }>(`
    DELETE FROM record WHERE topic = @topic AND partition = @partition AND offset >= @from AND offset < @to
      AND timestamp < @before AND EXISTS (
        SELECT 1 FROM record AS later WHERE later.topic = record.topic AND later.key = record.key
          AND later.partition = record.partition AND later.offset > record.offset)`);
  const dropTombstones = db.prepare<[bigint, number]>(
    "DELETE FROM record WHERE topic = ? AND value IS NULL AND timestamp < ?",
  );
  const dropOld = db.prepare<[bigint, number]>("DELETE FROM record WHERE topic = ? AND timestamp < ?");
  /** The end of each partition when it was last gone through; one that has not grown since is left alone. */
  const ends = new Map<string, bigint>();

  const compact = async ({ id, next }: Topic, now: number): Promise<void> => {
    for (const [partition, end] of next.entries()) {
      const place = `${id}/${partition}`;
      if (ends.get(place) === end) continue;
      for (let from = 0n; from < end; from += slice) {
        dropOverwritten.run({ topic: id, partition, from, to: from + slice, before: now - compactionLagMs });
        await nextTurn();
      }
      ends.set(place, end);
    }
    dropTombstones.run(id, now - deleteRetentionMs);
  };

  return {
    async run(now) {
      for (const topic of log.topics()) {
        if (topic.policy === "compact") await compact(topic, now);
        else dropOld.run(topic.id, now - topic.policy.deleteAfterMs);
        await nextTurn();
      }
    },
  };
};
