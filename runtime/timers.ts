/** What the runtime waits by. A simulation has its own, and so has the testkit. */
export type Timers = {
  /** Milliseconds since some moment; they never fall, whatever is done to the clock on the wall. */
  elapsed(): number;
  /**
   * Calls back once, after this long; gives what cancels that. `ref: false` says that nothing is to be done which
   * somebody waits for: it keeps no process alive.
   */
  after(milliseconds: number, callback: () => void, options?: { readonly ref?: boolean }): () => void;
};

export const processTimers: Timers = {
  elapsed: () => performance.now(),
  after(milliseconds, callback, { ref = true } = {}) {
    const timer = setTimeout(callback, milliseconds);
    if (!ref) timer.unref();
    return () => clearTimeout(timer);
  },
};

/** Resolves after this long; rejects with the signal's reason as soon as it is aborted. */
export const sleep = (
  timers: Timers,
  milliseconds: number,
  { signal, ref = true }: { readonly signal?: AbortSignal; readonly ref?: boolean } = {},
): Promise<void> =>
  new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const onAbort = (): void => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = timers.after(
      milliseconds,
      () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      },
      { ref },
    );
    signal?.addEventListener("abort", onAbort, { once: true });
  });

/** Calls back again and again, so far apart, until the returned function is called. It keeps no process alive. */
export const repeat = (timers: Timers, milliseconds: number, callback: () => void): (() => void) => {
  let cancel = (): void => {};
  const begin = (): void => {
    cancel = timers.after(
      milliseconds,
      () => {
        begin();
        callback();
      },
      { ref: false },
    );
  };
  begin();
  return () => cancel();
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
