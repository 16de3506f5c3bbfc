import { MeshError } from "../runtime/errors.ts";
import type { EventBus, Follower, Following, LogRecord, OutgoingRecord } from "../runtime/ports.ts";
import type { VirtualTime } from "../runtime/testkit/virtual-time.ts";
import type { Fate, Logs } from "./faults.ts";
import type { Random } from "./random.ts";

export const registerTopic = "heartbeats";
export const leaseTopic = "_rollcall.lease.sim";

/** A process as the broker knows it. */
export type Client = {
  readonly replica: number;
  /** Runs in the process, when it runs: later while it is stopped, never once it is gone. */
  after(milliseconds: number, run: () => void): void;
  readonly isGone: boolean;
};

type StoredLog = { readonly records: (LogRecord | undefined)[]; readonly times: number[]; first: number };
type Subscriber = {
  readonly client: Client;
  readonly topic: string;
  position: number;
  pump(): void;
  isScheduled: boolean;
};

/** One partition a topic, with everything that can go wrong between it and its clients. */
export type Broker = {
  busOf(client: Client): EventBus;
  log(topic: string): StoredLog;
  onAppend: (record: LogRecord) => void;
  stepClock(milliseconds: number): void;
  setDown(isDown: boolean): void;
  cut(replica: number, logs: Logs, until: number): void;
  lag(replica: number, logs: Logs, milliseconds: number): void;
  lose(fate: Fate, until: number): void;
  /** Keeps the last record of each key, of those that are older than this. */
  compact(topic: string, olderThanMs: number): void;
  /** Forgets all records there are. */
  forget(topic: string): void;
};

const publishTimeoutMs = 1500;
const readingTakesMs = 10;

const unanswered = (): MeshError => new MeshError("BUS_UNAVAILABLE", "no answer");

export const createBroker = (time: VirtualTime, random: Random, epoch: number): Broker => {
  const logs = new Map<string, StoredLog>();
  const subscribers = new Set<Subscriber>();
  const cuts = new Map<number, number>();
  const lags = new Map<number, number>();
  const losses: { readonly fate: Fate; readonly until: number }[] = [];
  let clockOffset = 0;
  let isDown = false;

  const logOf = (topic: string): StoredLog => {
    const known = logs.get(topic);
    if (known !== undefined) return known;
    const made: StoredLog = { records: [], times: [], first: 0 };
    logs.set(topic, made);
    return made;
  };
  /** The way between a replica and a log. */
  const placeOf = (replica: number, topic: string): number => 2 * replica + (topic === leaseTopic ? 1 : 0);
  const placesOf = (replica: number, which: Logs): number[] =>
    [registerTopic, leaseTopic]
      .filter((topic) => which === "both" || (which === "lease") === (topic === leaseTopic))
      .map((topic) => placeOf(replica, topic));
  const isReached = (client: Client, topic: string): boolean =>
    !isDown && (cuts.get(placeOf(client.replica, topic)) ?? 0) <= time.now;

  const wake = (subscriber: Subscriber, inMs: number): void => {
    if (subscriber.isScheduled) return;
    subscriber.isScheduled = true;
    subscriber.client.after(inMs, () => {
      subscriber.isScheduled = false;
      subscriber.pump();
    });
  };
  const wakeAll = (): void => {
    for (const subscriber of subscribers) wake(subscriber, readingTakesMs);
  };

  const append = (outgoing: OutgoingRecord): void => {
    const log = logOf(outgoing.topic);
    const { topic, key, value, headers } = outgoing;
    const offset = BigInt(log.first + log.records.length);
    const timestamp = Math.round(epoch + time.now + clockOffset);
    const record: LogRecord = { topic, partition: 0, offset, key, value, headers, timestamp };
    log.records.push(record);
    log.times.push(time.now);
    broker.onAppend(record);
    for (const subscriber of subscribers) if (subscriber.topic === topic) wake(subscriber, readingTakesMs);
  };

  const publish = (client: Client, record: OutgoingRecord): Promise<void> =>
    new Promise((resolve, reject) => {
      const fates = losses.filter(({ until }) => until > time.now && random.chance(0.35)).map(({ fate }) => fate);
      const travelMs = fates.includes("slow") ? random.between(300, 8000) : random.between(1, 10);
      let isAnswered = false;
      const answer = (): void => {
        isAnswered = true;
        resolve();
        time.settle();
      };
      const arrive = (): boolean => {
        if (!isReached(client, record.topic)) return false;
        append(record);
        return true;
      };
      if (!fates.includes("lost")) {
        time.at(time.now + travelMs, () => {
          if (arrive() && !fates.includes("answer-lost")) client.after(random.between(1, 10), answer);
        });
        if (fates.includes("twice")) time.at(time.now + travelMs + random.between(10, 5000), arrive);
      }
      client.after(publishTimeoutMs, () => {
        if (isAnswered) return;
        reject(unanswered());
        time.settle();
      });
    });

  const follow = (client: Client, { topic, onRecord }: Following): Follower => {
    const log = logOf(topic);
    let arrive = (): void => {};
    let target: number | undefined;
    const caughtUp = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const subscriber: Subscriber = {
      client,
      topic,
      position: log.first,
      isScheduled: false,
      pump() {
        if (!subscribers.has(subscriber) || client.isGone) return;
        if (!isReached(client, topic)) return;
        target ??= log.first + log.records.length;
        const lagMs = lags.get(placeOf(client.replica, topic)) ?? 0;
        subscriber.position = Math.max(subscriber.position, log.first);
        for (;;) {
          const index = subscriber.position - log.first;
          const appendedAt = log.times[index];
          if (appendedAt === undefined) break;
          if (appendedAt + lagMs > time.now) {
            wake(subscriber, appendedAt + lagMs - time.now);
            break;
          }
          const record = log.records[index];
          subscriber.position += 1;
          if (record !== undefined) onRecord(record);
        }
        if (topic === registerTopic || subscriber.position <= target) time.settle();
        if (subscriber.position >= target) arrive();
      },
    };
    subscribers.add(subscriber);
    wake(subscriber, readingTakesMs);
    return {
      caughtUp,
      close: async () => {
        subscribers.delete(subscriber);
      },
    };
  };

  const broker: Broker = {
    busOf: (client) => ({
      ensureTopics: async () => {},
      publish: async (records) => {
        await Promise.all(records.map((record) => publish(client, record)));
      },
      subscribe: () => Promise.reject(new Error("nobody subscribes here")),
      follow: async (following) => follow(client, following),
      endOffsets: (topic) =>
        new Promise((resolve, reject) => {
          const log = logOf(topic);
          client.after(random.between(1, 10), () => {
            if (isReached(client, topic)) resolve(new Map([[0, BigInt(log.first + log.records.length)]]));
            time.settle();
          });
          client.after(publishTimeoutMs, () => {
            reject(unanswered());
            time.settle();
          });
        }),
      unread: () => Promise.reject(new Error("there are no groups here")),
      holdsAll: async (topic) => logOf(topic).first === 0,
      forgetGroup: () => Promise.reject(new Error("there are no groups here")),
      close: async () => {},
    }),
    log: logOf,
    onAppend: () => {},
    stepClock(milliseconds) {
      clockOffset += milliseconds;
    },
    setDown(down) {
      isDown = down;
      wakeAll();
    },
    cut(replica, which, until) {
      for (const place of placesOf(replica, which)) cuts.set(place, Math.max(cuts.get(place) ?? 0, until));
      time.at(until, wakeAll);
    },
    lag(replica, which, milliseconds) {
      for (const place of placesOf(replica, which)) lags.set(place, milliseconds);
      wakeAll();
    },
    lose: (fate, until) => void losses.push({ fate, until }),
    compact(topic, olderThanMs) {
      const { records, times } = logOf(topic);
      const kept = new Set<string>();
      for (let index = records.length - 1; index >= 0; index--) {
        const record = records[index];
        if (record?.key === undefined || (times[index] ?? 0) > time.now - olderThanMs) continue;
        if (kept.has(record.key)) records[index] = undefined;
        kept.add(record.key);
      }
    },
    forget(topic) {
      const log = logOf(topic);
      log.first += log.records.length;
      log.records.length = 0;
      log.times.length = 0;
    },
  };
  return broker;
};
