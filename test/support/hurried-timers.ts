import { processTimers, type Timers } from "../../runtime/timers.ts";

/** The process's timers, so many times as fast: for what waits on purpose, where a test has nothing to wait for. */
export const hurriedTimers = (times: number): Timers => ({
  elapsed: () => processTimers.elapsed() * times,
  after: (milliseconds, callback, options) => processTimers.after(milliseconds / times, callback, options),
});
