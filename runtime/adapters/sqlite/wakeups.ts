/** Tells the readers of a topic, in this process, that it has grown. */
export type Wakeups = {
  wake(topics: Iterable<string>): void;
  /** Calls back each time the topic grows, until the returned function is called. */
  listen(topic: string, listener: () => void): () => void;
};

export const createWakeups = (): Wakeups => {
  const listeners = new Map<string, Set<() => void>>();
  return {
    wake(topics) {
      for (const topic of topics) for (const listener of listeners.get(topic) ?? []) listener();
    },
    listen(topic, listener) {
      const set = listeners.get(topic) ?? new Set();
      listeners.set(topic, set.add(listener));
      return () => set.delete(listener);
    },
  };
};

/** A flag that one waiter can wait for: a signal given while nobody waits is kept. */
export type Signal = { give(): void; wait(): Promise<void> };

export const createSignal = (): Signal => {
  let isGiven = false;
  let resume: (() => void) | undefined;
  return {
    give() {
      isGiven = true;
      resume?.();
    },
    async wait() {
      if (!isGiven) {
        await new Promise<void>((resolve) => {
          resume = resolve;
        });
      }
      isGiven = false;
      resume = undefined;
    },
  };
};
