import type { Log } from "../log.ts";
import type { Reader } from "../ports.ts";
import { sleep, type Timers } from "../timers.ts";
import type { PendingOfKey } from "./journal.ts";

/** Entities whose committed messages can be published by somebody else than the command that made them. */
export type Relayed = {
  /** The `entity_type`. */
  readonly type: string;
  /** Keys with messages that are not known to be published. */
  pending(): AsyncIterable<PendingOfKey>;
  /** Publishes what an entity has pending, under its turn. */
  flush(key: string): Promise<void>;
  /** Resolves when what is published is forgotten in the store, so that no relay sends it again. */
  settle?(): Promise<void>;
};

const everyMs = 5000;
const firstMs = 1000;
const atOnce = 16;

/**
 * Publishes what a crash left committed but not published. A message is taken only when it was there a round
 * before: a younger one is most likely on its way already, here or in another replica.
 */
export const startRelay = (hosts: readonly Relayed[], timers: Timers, log: Log): Reader => {
  const stopping = new AbortController();
  const { signal } = stopping;

  const relay = async (host: Relayed, seen: ReadonlyMap<string, string>): Promise<Map<string, string>> => {
    const young = new Map<string, string>();
    const running = new Set<Promise<void>>();
    for await (const { key, pending } of host.pending()) {
      if (signal.aborted) break;
      const first = pending[0]?.sequence ?? "";
      if (seen.get(key) !== first) {
        young.set(key, first);
        continue;
      }
      const work = host
        .flush(key)
        .catch((error: unknown) => log.warn({ entity: host.type, key, error }, "the relay will try this key again"))
        .finally(() => running.delete(work));
      running.add(work);
      if (running.size >= atOnce) await Promise.race(running);
    }
    await Promise.all(running);
    return young;
  };

  const run = async (host: Relayed): Promise<void> => {
    let seen: ReadonlyMap<string, string> = new Map();
    for (let wait = firstMs; !signal.aborted; wait = everyMs) {
      try {
        seen = await relay(host, seen);
      } catch (error) {
        log.warn({ entity: host.type, error }, "the relay will try again");
      }
      await sleep(timers, wait, { signal, ref: false }).catch(() => undefined);
    }
  };
  const done = Promise.all(hosts.map(run));

  return {
    async close() {
      stopping.abort();
      await done;
      await Promise.all(hosts.map((host) => host.settle?.()));
    },
  };
};
