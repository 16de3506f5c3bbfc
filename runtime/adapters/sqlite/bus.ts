import { MeshError } from "../../errors.ts";
import type { EventBus, Follower, OutgoingRecord } from "../../ports.ts";
import { processTimers, repeat, type Timers } from "../../timers.ts";
import { createCoalescer } from "../coalesce.ts";
import { createCompaction } from "./compaction.ts";
import { createGroups } from "./consumer-group.ts";
import type { Database } from "./database.ts";
import { follow } from "./follow.ts";
import { createLogTable } from "./log-table.ts";
import { createWakeups } from "./wakeups.ts";

const compactEveryMs = 10 * 60_000;

/** The event log as tables of the embedded store. */
export const createSqliteBus = (
  db: Database,
  now: () => number = Date.now,
  timers: Timers = processTimers,
): EventBus => {
  const log = createLogTable(db, now);
  const wakeups = createWakeups();
  const groups = createGroups(log, wakeups);
  const followers = new Set<Follower>();
  let isClosed = false;

  const publish = createCoalescer<readonly OutgoingRecord[], void>((calls) => {
    if (isClosed) throw new MeshError("BUS_UNAVAILABLE", "the event log is closed");
    wakeups.wake(log.append(calls.flat()));
    return [];
  });

  const compaction = createCompaction(db, log);
  let compacting: Promise<void> = Promise.resolve();
  const compactNow = (): void => {
    // A round that fails (a full disk) is made up for by the next one.
    compacting = compacting.then(() => compaction.run(now())).catch(() => undefined);
  };
  const stopCompacting = repeat(timers, compactEveryMs, compactNow);

  return {
    ensureTopics: async (topics) => log.ensure(topics),
    publish: async (records) => {
      records.forEach(log.check);
      if (records.length > 0) await publish(records);
    },
    subscribe: async (subscription) => groups.join(subscription),
    async follow(following) {
      const follower = follow(log, wakeups, following);
      followers.add(follower);
      return {
        caughtUp: follower.caughtUp,
        close: async () => {
          followers.delete(follower);
          await follower.close();
        },
      };
    },
    endOffsets: async (topic) =>
      new Map(Array.from({ length: log.partitions(topic) }, (_, partition) => [partition, log.end(topic, partition)])),
    holdsAll: async (topic) => log.holdsAll(topic),
    forgetGroup: async (group) => {
      if (groups.has(group)) throw new MeshError("BUS_UNAVAILABLE", `the group "${group}" has members`);
      log.forget(group);
    },
    async close() {
      stopCompacting();
      await Promise.all([groups.close(), ...[...followers].map((follower) => follower.close())]);
      isClosed = true;
      await compacting;
    },
  };
};
