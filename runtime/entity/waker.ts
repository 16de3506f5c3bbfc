import type { Log } from "../log.ts";
import type { EntityStore, EntityType, Reader } from "../ports.ts";
import { sleep, type Timers } from "../timers.ts";

export type WakerOptions = {
  readonly type: EntityType;
  /** No entity asks for a time further ahead than this. */
  readonly withinMs: number;
  readonly store: EntityStore;
  readonly now: () => number;
  readonly timers: Timers;
  readonly log: Log;
};

/** Wakes the entities of one type at the times they ask for. */
export type Waker = {
  /** An entity of this process asks for a time, or no more. */
  note(key: string, at: number | undefined): void;
  /** Wakes by this command, until closed. */
  start(wake: (key: string) => Promise<unknown>): Reader;
};

const everyMs = 200;
/** What is due for longer was noted by a process that is no more, or too busy. */
const leftAfterMs = 1000;
const lookEveryMs = 1000;
const againAfterMs = 1000;
const atOnce = 64;

/**
 * The process that made a state wakes its entity, from memory; that is most of them, and each once. The times stand in
 * the store as well: every process looks there for those that should have been woken by now, so none is forgotten.
 */
export const createWaker = ({ type, withinMs, store, now, timers, log }: WakerOptions): Waker => {
  const noted = new Map<string, number>();
  const stopping = new AbortController();
  const { signal } = stopping;

  const wakeAll = async (keys: Iterable<string>, wake: (key: string) => Promise<unknown>): Promise<void> => {
    const running = new Set<Promise<void>>();
    for (const key of keys) {
      if (signal.aborted) break;
      const at = noted.get(key);
      const work = wake(key)
        .then(
          () => {
            // Its change has noted another time, or none; without a change there is nothing to wake it for here.
            if (noted.get(key) === at) noted.delete(key);
          },
          (error: unknown) => {
            if (noted.has(key)) noted.set(key, now() + againAfterMs);
            log.warn({ entity: type.name, key, error }, "an entity will be woken later");
          },
        )
        .finally(() => running.delete(work));
      running.add(work);
      if (running.size >= atOnce) await Promise.race(running);
    }
    await Promise.all(running);
  };

  const isDue = (at: number): boolean => at <= now() || at > now() + withinMs + leftAfterMs;

  const run = async (wake: (key: string) => Promise<unknown>): Promise<void> => {
    // Replicas that started together look at different times.
    let nextLook = timers.elapsed() + Math.random() * lookEveryMs;
    while (!signal.aborted) {
      await wakeAll(
        [...noted].filter(([, at]) => isDue(at)).map(([key]) => key),
        wake,
      );
      if (timers.elapsed() >= nextLook) {
        nextLook = timers.elapsed() + lookEveryMs;
        const range = { until: now() - leftAfterMs, beyond: now() + withinMs + leftAfterMs };
        await store.toWake(type, range).then(
          (keys) => wakeAll(keys, wake),
          (error: unknown) => log.debug({ entity: type.name, error }, "entities to be woken are looked up later"),
        );
      }
      await sleep(timers, everyMs, { signal, ref: false }).catch(() => undefined);
    }
  };

  return {
    note(key, at) {
      if (at === undefined) noted.delete(key);
      else noted.set(key, at);
    },
    start(wake) {
      const done = run(wake);
      return {
        async close() {
          stopping.abort();
          await done;
        },
      };
    },
  };
};
