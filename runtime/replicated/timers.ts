/** Timers of a process; a simulation has its own. */
export type Timers = {
  /** Calls back once, after this long; gives what cancels that. */
  after(milliseconds: number, callback: () => void): () => void;
};

export const processTimers: Timers = {
  after(milliseconds, callback) {
    const timer = setTimeout(callback, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** The promise's value if it comes in time, else `undefined`. */
export const within = async <T>(timers: Timers, milliseconds: number, promise: Promise<T>): Promise<T | undefined> => {
  let cancel = (): void => {};
  const timeout = new Promise<undefined>((resolve) => {
    cancel = timers.after(milliseconds, () => resolve(undefined));
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    cancel();
  }
};
