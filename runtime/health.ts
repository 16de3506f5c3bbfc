import { setTimeout as delay } from "node:timers/promises";
import type { Log } from "./log.ts";

const everyMs = 1000;
/** Longer than an engine takes to choose another leader, so that this alone turns nobody away. */
const silentMs = 5000;
const lookEveryMs = 250;

/** Something that serving needs. `check` resolves when it is there; it is not called again before it has ended. */
export type Need = { readonly name: string; readonly check: (signal: AbortSignal) => Promise<void> };

export type HealthOptions = {
  /** By full name of the service. */
  readonly needs: ReadonlyMap<string, readonly Need[]>;
  readonly setServing: (service: string, isServing: boolean) => void;
  readonly log: Log;
};

export type Health = { stop(): Promise<void> };

/**
 * Has each service serve while everything it needs has answered a moment ago, and the empty name while all services
 * do. A process that was stopped itself does not serve either, until it has asked again.
 */
export const startHealth = ({ needs, setServing, log }: HealthOptions): Health => {
  const stopping = new AbortController();
  const { signal } = stopping;
  const answeredAt = new Map<Need, number>();
  const serving = new Map<string, boolean>();

  const pause = (milliseconds: number): Promise<unknown> =>
    delay(milliseconds, undefined, { signal, ref: false }).catch(() => undefined);

  const watch = async (need: Need): Promise<void> => {
    while (!signal.aborted) {
      await need.check(signal).then(
        () => answeredAt.set(need, performance.now()),
        (error: unknown) => log.debug({ need: need.name, error }, "what serving needs did not answer"),
      );
      await pause(everyMs);
    }
  };

  const turn = (service: string, missing: readonly string[]): void => {
    const isServing = missing.length === 0;
    if (serving.get(service) === isServing) return;
    const wasKnown = serving.has(service);
    serving.set(service, isServing);
    setServing(service, isServing);
    if (!isServing) log.warn({ of: service, missing }, "not serving: what it needs does not answer");
    else if (wasKnown) log.info({ of: service }, "serving again");
  };

  const look = async (): Promise<void> => {
    while (!signal.aborted) {
      const since = performance.now() - silentMs;
      const all = new Set<string>();
      for (const [service, needed] of needs) {
        const missing = needed.filter((need) => (answeredAt.get(need) ?? 0) < since).map(({ name }) => name);
        for (const name of missing) all.add(name);
        turn(service, missing);
      }
      turn("", [...all]);
      await pause(lookEveryMs);
    }
  };

  // Whoever starts this has just opened all of it.
  const distinct = new Set([...needs.values()].flat());
  for (const need of distinct) answeredAt.set(need, performance.now());
  const done = Promise.all([look(), ...[...distinct].map(watch)]);
  return {
    async stop() {
      stopping.abort();
      // A check that hangs ends with what it asks.
      await Promise.race([done, delay(lookEveryMs)]);
    },
  };
};
