/** One command at a time for each key; the others wait in the order they came. */
export type Turns = {
  /** Takes the turn of a free key and gives `undefined`, or a promise of the turn. */
  enter(key: string): Promise<void> | undefined;
  leave(key: string): void;
  isTaken(key: string): boolean;
};

export const createTurns = (): Turns => {
  const queues = new Map<string, (() => void)[] | undefined>();
  return {
    enter(key) {
      if (!queues.has(key)) {
        queues.set(key, undefined);
        return undefined;
      }
      return new Promise((resolve) => {
        const queue = queues.get(key);
        if (queue === undefined) queues.set(key, [resolve]);
        else queue.push(resolve);
      });
    },
    leave(key) {
      const next = queues.get(key)?.shift();
      if (next === undefined) queues.delete(key);
      else next();
    },
    isTaken: (key) => queues.has(key),
  };
};
