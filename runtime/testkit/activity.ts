import { setImmediate as nextTurn } from "node:timers/promises";

/** What an application does, as the testkit sees it: at its ports, and in its calls. */
export type Activity = {
  /** Something happened; what it leads to may come with the next turns of the event loop. */
  note(): void;
  /** Something goes on until the promise is settled. */
  during<T>(what: string, work: Promise<T>): Promise<T>;
  /**
   * Resolves when nothing goes on any more, but for what waits by a timer. Rejects after ten seconds of the real
   * clock, and tells what still goes on.
   */
  settled(): Promise<void>;
};

/** A consequence comes in the turn of what it is one of, or in the next one; one of a socket may take another. */
const calmTurns = 5;
const defaultPatienceMs = 10_000;

/** `isAwaited` tells whether a timer is set that work waits for, such as a retry. */
export const createActivity = (isAwaited: () => boolean, patienceMs = defaultPatienceMs): Activity => {
  let noted = 0;
  const going = new Map<symbol, string>();

  return {
    note() {
      noted += 1;
    },
    async during(what, work) {
      const id = Symbol(what);
      noted += 1;
      going.set(id, what);
      try {
        return await work;
      } finally {
        going.delete(id);
        noted += 1;
      }
    },
    async settled() {
      const giveUpAt = performance.now() + patienceMs;
      for (let calm = 0; calm < calmTurns; ) {
        const before = noted;
        await nextTurn();
        calm = noted === before && (going.size === 0 || isAwaited()) ? calm + 1 : 0;
        if (performance.now() > giveUpAt) {
          const work = going.size === 0 ? "it never came to rest" : [...going.values()].join(", ");
          throw new Error(`the application has not settled in ${patienceMs} ms: ${work}`);
        }
      }
    },
  };
};
