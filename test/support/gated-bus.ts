import type { EventBus, LogRecord, OutgoingRecord } from "../../runtime/ports.ts";

/** What stands between a replica and the real log: a test holds records back, or breaks a publish. */
export type Gate = {
  readonly bus: EventBus;
  /** Publishing waits from now until the returned function is called. */
  holdPublish(): () => void;
  /** How many calls of publish wait. */
  waiting(): number;
  /** Following waits from now until the returned function is called. */
  holdFollow(): () => void;
  /** What is appended from now on is read so much later. */
  lag(milliseconds: number): void;
  /** A follower that begins from now on catches up only when the returned function has been called. */
  holdCatchUp(): () => void;
  /** The next publish fails, before or after the record is in the log. */
  failNext(when: "before" | "after"): void;
};

/** Replicas tell one another all the time that they are there; what a test holds back is changes. */
const isLeaseLog = (topic: string): boolean => topic.startsWith("_rollcall.lease.");

/** A replica's own view of a real bus. */
export const gateBus = (bus: EventBus): Gate => {
  let publishing: Promise<void> = Promise.resolve();
  let catchingUp: Promise<void> = Promise.resolve();
  let isFollowHeld = false;
  let lagMs = 0;
  let failure: "before" | "after" | undefined;
  const held: (() => void)[] = [];
  let waiting = 0;

  return {
    bus: {
      ...bus,
      async publish(records: readonly OutgoingRecord[]) {
        if (records.every(({ topic }) => isLeaseLog(topic))) return bus.publish(records);
        waiting += 1;
        await publishing;
        waiting -= 1;
        const breaks = failure;
        failure = undefined;
        if (breaks === "before") throw new Error("the connection broke");
        await bus.publish(records);
        if (breaks === "after") throw new Error("the connection broke");
      },
      async follow(following) {
        const follower = await bus.follow({
          ...following,
          onRecord: (record: LogRecord) => {
            const isChange = !isLeaseLog(following.topic);
            if (isChange && lagMs > 0) setTimeout(() => following.onRecord(record), lagMs);
            else if (isFollowHeld && isChange) held.push(() => following.onRecord(record));
            else following.onRecord(record);
          },
        });
        return { close: follower.close, caughtUp: Promise.all([follower.caughtUp, catchingUp]).then(() => undefined) };
      },
    },
    holdPublish() {
      let release = (): void => {};
      publishing = new Promise((resolve) => {
        release = resolve;
      });
      return release;
    },
    waiting: () => waiting,
    holdFollow() {
      isFollowHeld = true;
      return () => {
        isFollowHeld = false;
        for (const deliver of held.splice(0)) deliver();
      };
    },
    lag(milliseconds) {
      lagMs = milliseconds;
    },
    holdCatchUp() {
      let release = (): void => {};
      catchingUp = new Promise((resolve) => {
        release = resolve;
      });
      return release;
    },
    failNext(when) {
      failure = when;
    },
  };
};
