import { setTimeout as delay } from "node:timers/promises";
import type { Log } from "../log.ts";
import type { Reader } from "../ports.ts";
import type { StoredEntities } from "./stored-entities.ts";

const everyMs = 5000;

/** Publishes, at once and then now and again, what a crash left committed but not published. */
export const startRelay = (stored: readonly StoredEntities[], log: Log): Reader => {
  const stopping = new AbortController();

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      for (const entities of stored) {
        await entities
          .relay()
          .catch((error: unknown) => log.warn({ entity: entities.type, error }, "the relay will try again"));
      }
      await delay(everyMs, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined);
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
