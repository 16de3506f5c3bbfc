import { setTimeout as delay } from "node:timers/promises";
import type { LogRecord, Reader, Subscription } from "../../ports.ts";
import type { LogTable } from "./log-table.ts";
import { createSignal, type Wakeups } from "./wakeups.ts";

const chunk = 500;
const defaultWindow = 1000;
const readAgainAfterMs = 500;

type Member = { readonly subscription: Subscription; isActive: boolean };

/** Consumer groups of this process: each partition of a topic is read by one member of a group at a time. */
export type Groups = {
  join(subscription: Subscription): Reader;
  /** Whether a group has members. */
  has(group: string): boolean;
  close(): Promise<void>;
};

export const createGroups = (log: LogTable, wakeups: Wakeups): Groups => {
  const topics = new Map<string, GroupTopic>();
  const leaves = new Set<() => Promise<void>>();

  return {
    join(subscription) {
      const member: Member = { subscription, isActive: true };
      // A topic that does not exist is the caller's error, told before anything has begun.
      for (const topic of subscription.topics) log.partitions(topic);
      const joined = subscription.topics.map((topic) => {
        const id = JSON.stringify([subscription.group, topic]);
        const groupTopic = topics.get(id) ?? createGroupTopic(log, wakeups, subscription.group, topic);
        topics.set(id, groupTopic);
        groupTopic.add(member);
        return groupTopic;
      });
      const leave = async (): Promise<void> => {
        if (!leaves.delete(leave)) return;
        member.isActive = false;
        await Promise.all(joined.map((groupTopic) => groupTopic.remove(member)));
      };
      leaves.add(leave);
      return { close: leave };
    },
    has: (group) => [...topics].some(([id, topic]) => (JSON.parse(id) as string[])[0] === group && topic.hasMembers()),
    close: async () => {
      await Promise.all([...leaves].map((leave) => leave()));
    },
  };
};

type GroupTopic = { hasMembers(): boolean; add(member: Member): void; remove(member: Member): Promise<void> };

/** One topic of one group: a pump a partition, handed anew to the members whenever they change. */
const createGroupTopic = (log: LogTable, wakeups: Wakeups, group: string, topic: string): GroupTopic => {
  const members: Member[] = [];
  let pumps: Pump[] = [];
  let change: Promise<void> = Promise.resolve();

  const reassign = (): Promise<void> => {
    change = change.then(async () => {
      await Promise.all(pumps.map((pump) => pump.stop()));
      const active = members.filter((member) => member.isActive);
      pumps = Array.from({ length: active.length === 0 ? 0 : log.partitions(topic) }, (_, partition) =>
        startPump(log, wakeups, group, topic, partition, active[partition % active.length] as Member),
      );
    });
    return change;
  };

  return {
    hasMembers: () => members.length > 0,
    add(member) {
      members.push(member);
      void reassign();
    },
    async remove(member) {
      members.splice(members.indexOf(member), 1);
      await reassign();
    },
  };
};

type Pump = { stop(): Promise<void> };
type Batch = { readonly end: bigint; isDone: boolean };

/** Delivers one partition to one member, and commits as far as every batch has been resolved. */
const startPump = (
  log: LogTable,
  wakeups: Wakeups,
  group: string,
  topic: string,
  partition: number,
  member: Member,
): Pump => {
  const { onBatch, onError, window = defaultWindow } = member.subscription;
  const signal = createSignal();
  const unlisten = wakeups.listen(topic, signal.give);
  const batches: Batch[] = [];
  const running = new Set<Promise<void>>();
  let next = log.committed(group, topic, partition);
  let inFlight = 0;
  let isStopped = false;

  const settle = (batch: Batch): void => {
    batch.isDone = true;
    let end: bigint | undefined;
    while (batches[0]?.isDone) end = batches.shift()?.end;
    if (end === undefined) return;
    try {
      log.commit(group, topic, partition, end);
    } catch {
      // The next commit covers it; without one the records come again.
    }
  };

  const fail = (error: unknown): void => {
    if (isStopped) return;
    isStopped = true;
    if (!member.isActive) return;
    member.isActive = false;
    onError(error);
  };

  const deliver = (records: readonly LogRecord[]): void => {
    next = (records.at(-1) as LogRecord).offset + 1n;
    inFlight += records.length;
    const batch: Batch = { end: next, isDone: false };
    batches.push(batch);
    const work = onBatch(records)
      .then(() => settle(batch))
      .catch(fail)
      .finally(() => {
        inFlight -= records.length;
        running.delete(work);
        signal.give();
      });
    running.add(work);
  };

  const run = async (): Promise<void> => {
    while (!isStopped) {
      const limit = Math.min(chunk, window - inFlight);
      let records: LogRecord[];
      try {
        records = limit > 0 ? log.read(topic, partition, next, limit) : [];
      } catch {
        await delay(readAgainAfterMs);
        continue;
      }
      if (records.length > 0) deliver(records);
      else await signal.wait();
    }
  };
  const done = run().catch(fail);

  return {
    async stop() {
      isStopped = true;
      unlisten();
      signal.give();
      await done;
      await Promise.all(running);
    },
  };
};
