import { MeshError } from "../errors.ts";

/** How a command waits for its turn. */
export type Patience = {
  /** Who has waited for so long leaves the queue and gets KEY_BUSY; for ever when left out. */
  readonly waitMs?: number | undefined;
  /** The command may do with reading what is committed. */
  readonly mayRead?: boolean;
};

/** One command at a time for each key; the others wait in the order they came. */
export type Turns = {
  /**
   * Takes the turn of a free key and gives `undefined`, or a promise of the turn. The promise gives false, and no turn,
   * to one that may read, when whoever has the turn has committed and takes long to publish.
   */
  enter(key: string, patience?: Patience): Promise<boolean> | undefined;
  leave(key: string): void;
  isTaken(key: string): boolean;
  /** Said by whoever has the turn: what it changes, if anything, is committed, and the bus alone is waited for. */
  commit(key: string): void;
};

/** Publishing takes less, unless the bus does not answer. */
const lookAgainMs = 200;
const endless: Patience = {};

export const createTurns = (): Turns => {
  const queues = new Map<string, (() => void)[] | undefined>();
  /** A taken key that nobody waits for, beside the map: most turns are left before another one is taken. */
  let lone: string | undefined;
  const committed = new Set<string>();

  const queueUp = (key: string, { waitMs, mayRead = false }: Patience): Promise<boolean> =>
    new Promise((resolve, reject) => {
      const queue = queues.get(key) ?? [];
      queues.set(key, queue);
      let timer: NodeJS.Timeout | undefined;
      const take = (): void => {
        clearTimeout(timer);
        resolve(true);
      };
      queue.push(take);
      if (waitMs === undefined) return;
      const wait = (leftMs: number): void => {
        const stepMs = mayRead ? Math.min(leftMs, lookAgainMs) : leftMs;
        timer = setTimeout(() => {
          const canRead = mayRead && committed.has(key);
          if (!canRead && stepMs < leftMs) {
            wait(leftMs - stepMs);
            return;
          }
          queue.splice(queue.indexOf(take), 1);
          if (canRead) resolve(false);
          else reject(busy(key, waitMs));
        }, stepMs);
      };
      wait(waitMs);
    });

  return {
    enter(key, patience = endless) {
      if (lone === key) lone = undefined;
      else if (!queues.has(key)) {
        if (lone === undefined) lone = key;
        else queues.set(key, undefined);
        return undefined;
      }
      return queueUp(key, patience);
    },
    leave(key) {
      if (committed.size > 0) committed.delete(key);
      if (lone === key) {
        lone = undefined;
        return;
      }
      const next = queues.get(key)?.shift();
      if (next === undefined) queues.delete(key);
      else next();
    },
    isTaken: (key) => lone === key || queues.has(key),
    commit: (key) => void committed.add(key),
  };
};

const busy = (key: string, waitMs: number): MeshError =>
  new MeshError("KEY_BUSY", `earlier commands of "${key}" have not ended within ${waitMs / 1000} s; try again`, {
    retryAfterMs: 1000,
  });
