import type { Timers } from "../timers.ts";
import { type Activity, createActivity } from "./activity.ts";
import { createVirtualTime } from "./virtual-time.ts";

/** The one clock of a testkit: it stands still until it is told to move. */
export type TestClock = {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Moves on by so many milliseconds: what is due meanwhile happens in its order, with all it leads to. */
  advance(milliseconds: number): Promise<void>;
  /** Lets time pass while the application works on something that may wait for it, such as its end. */
  during<T>(work: Promise<T>): Promise<T>;
  readonly timers: Timers;
  readonly activity: Activity;
};

const stepMs = 50;

export const createTestClock = (startAt: number): TestClock => {
  let awaited = 0;
  const activity = createActivity(() => awaited > 0);
  const time = createVirtualTime(activity.settled);

  const timers: Timers = {
    elapsed: () => time.now,
    after(milliseconds, callback, { ref = true } = {}) {
      const weight = ref ? 1 : 0;
      let isOpen = true;
      awaited += weight;
      const end = (): boolean => {
        const wasOpen = isOpen;
        if (wasOpen) awaited -= weight;
        isOpen = false;
        return wasOpen;
      };
      time.at(time.now + milliseconds, () => {
        if (!end()) return;
        callback();
        time.settle();
      });
      return end;
    },
  };

  return {
    now: () => Math.round(startAt + time.now),
    async advance(milliseconds) {
      await activity.settled();
      await time.runUntil(time.now + milliseconds);
      await activity.settled();
    },
    async during(work) {
      let isDone = false;
      const done = (): void => {
        isDone = true;
      };
      work.then(done, done);
      await activity.settled();
      while (!isDone) {
        await time.runUntil(time.now + stepMs);
        await activity.settled();
      }
      return work;
    },
    timers,
    activity,
  };
};
