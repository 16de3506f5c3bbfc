import { MeshError } from "../errors.ts";

/** One command at a time for each key; the others wait in the order they came. */
export type Turns = {
  /**
   * Takes the turn of a free key and gives `undefined`, or a promise of the turn. Who has waited for `waitMs` leaves
   * the queue and gets KEY_BUSY.
   */
  enter(key: string, waitMs?: number): Promise<void> | undefined;
  leave(key: string): void;
  isTaken(key: string): boolean;
};

export const createTurns = (): Turns => {
  const queues = new Map<string, (() => void)[] | undefined>();
  /** A taken key that nobody waits for, beside the map: most turns are left before another one is taken. */
  let lone: string | undefined;
  return {
    enter(key, waitMs) {
      if (lone === key) lone = undefined;
      else if (!queues.has(key)) {
        if (lone === undefined) lone = key;
        else queues.set(key, undefined);
        return undefined;
      }
      return new Promise((resolve, reject) => {
        const queue = queues.get(key) ?? [];
        queues.set(key, queue);
        let timer: NodeJS.Timeout | undefined;
        const take = (): void => {
          clearTimeout(timer);
          resolve();
        };
        queue.push(take);
        if (waitMs === undefined) return;
        timer = setTimeout(() => {
          queue.splice(queue.indexOf(take), 1);
          reject(busy(key, waitMs));
        }, waitMs);
      });
    },
    leave(key) {
      if (lone === key) {
        lone = undefined;
        return;
      }
      const next = queues.get(key)?.shift();
      if (next === undefined) queues.delete(key);
      else next();
    },
    isTaken: (key) => lone === key || queues.has(key),
  };
};

const busy = (key: string, waitMs: number): MeshError =>
  new MeshError("KEY_BUSY", `earlier commands of "${key}" have not ended within ${waitMs / 1000} s; try again`, {
    retryAfterMs: 1000,
  });
