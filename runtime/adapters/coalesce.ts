type Waiting<In, Out> = { item: In; since: number; resolve: (out: Out) => void; reject: (error: unknown) => void };

const lookEveryMs = 250;

export type CoalescerOptions = {
  /** Most items of one flush. */
  readonly maxItems?: number;
  /** How long an idle coalescer waits for company; not beyond this turn of the event loop when left out. */
  readonly windowMs?: number | undefined;
  /** A call that has waited so long, for its turn and its flush together, rejects with `tooLate`. */
  readonly waitMs?: number;
  readonly tooLate?: () => Error;
};

/**
 * Turns single calls into batches: what arrives while a flush is under way goes into the next one, in the
 * order of the calls. `flush` gives one result an item; when it throws, every call of the batch gets the error.
 */
export const createCoalescer = <In, Out>(
  flush: (items: readonly In[]) => Promise<readonly Out[]> | readonly Out[],
  { maxItems = 1000, windowMs = 0, waitMs, tooLate }: CoalescerOptions = {},
): ((item: In) => Promise<Out>) => {
  let queue: Waiting<In, Out>[] = [];
  let isRunning = false;

  /** Rejects what has waited too long; of those, what no flush has taken is not flushed. */
  const expire = (batch: readonly Waiting<In, Out>[]): void => {
    if (waitMs === undefined || tooLate === undefined) return;
    const latest = performance.now() - waitMs;
    const isLate = ({ since }: Waiting<In, Out>): boolean => since <= latest;
    for (const waiting of [...batch, ...queue]) if (isLate(waiting)) waiting.reject(tooLate());
    queue = queue.filter((waiting) => !isLate(waiting));
  };

  const run = async (): Promise<void> => {
    while (queue.length > 0) {
      const batch = queue.slice(0, maxItems);
      queue = queue.slice(maxItems);
      const looking = waitMs === undefined ? undefined : setInterval(() => expire(batch), lookEveryMs);
      try {
        const results = await flush(batch.map((waiting) => waiting.item));
        batch.forEach((waiting, i) => {
          waiting.resolve(results[i] as Out);
        });
      } catch (error) {
        for (const waiting of batch) waiting.reject(error);
      } finally {
        clearInterval(looking);
      }
    }
    isRunning = false;
  };

  return (item) =>
    new Promise((resolve, reject) => {
      queue.push({ item, since: performance.now(), resolve, reject });
      if (isRunning) return;
      isRunning = true;
      if (windowMs > 0) setTimeout(() => void run(), windowMs);
      else setImmediate(() => void run());
    });
};
