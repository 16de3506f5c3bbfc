import type { Log } from "../log.ts";
import type { Reader } from "../ports.ts";
import { sleep, type Timers } from "../timers.ts";

const everyMs = 250;
/** An author mends its own dispute at once; what stands longer is for whoever comes first. */
const atLeastMs = 2000;
const spreadMs = 3000;
const atOnce = 16;

export type LogRepairOptions = {
  readonly unsettled: ReadonlySet<string>;
  /** Writes a key again, if it is still unsettled when its turn comes. */
  readonly repair: (key: string) => Promise<void>;
  readonly timers: Timers;
  readonly log: Log;
};

/**
 * Has the log end with what each key holds. Every replica sees what is unsettled, and waits for a random while: the
 * first one writes, and the others read that before their time has come.
 */
export const startLogRepair = ({ unsettled, repair, timers, log }: LogRepairOptions): Reader => {
  const stopping = new AbortController();
  const { signal } = stopping;
  const due = new Map<string, number>();

  const repairOne = (key: string): Promise<void> =>
    repair(key).catch((error: unknown) => log.warn({ key, error }, "the log will be repaired later"));

  const round = async (): Promise<void> => {
    for (const key of due.keys()) if (!unsettled.has(key)) due.delete(key);
    const ready: string[] = [];
    for (const key of unsettled) {
      const at = due.get(key);
      if (at === undefined) due.set(key, timers.elapsed() + atLeastMs + Math.random() * spreadMs);
      else if (at <= timers.elapsed()) ready.push(key);
    }
    for (let start = 0; start < ready.length && !signal.aborted; start += atOnce) {
      const some = ready.slice(start, start + atOnce);
      for (const key of some) due.delete(key);
      await Promise.all(some.map(repairOne));
    }
  };

  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      await round();
      await sleep(timers, everyMs, { signal, ref: false }).catch(() => undefined);
    }
  };
  const done = run();
  return {
    async close() {
      stopping.abort();
      await done;
    },
  };
};
