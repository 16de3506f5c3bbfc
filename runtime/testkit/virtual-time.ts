type Scheduled = { readonly at: number; readonly order: number; readonly run: () => void };

/** The one clock of a simulated world, in milliseconds, and what is to happen by it. */
export type VirtualTime = {
  readonly now: number;
  at(time: number, run: () => void): void;
  /** Says that code which waited for a promise may go on now; called by whoever settled one. */
  settle(): void;
  /** Runs everything up to this time, in order. */
  runUntil(end: number): Promise<void>;
};

/**
 * Every promise that can settle by itself does so before Node looks at its ticks again. A turn of the event loop would
 * do as well, and costs a call of the system: half of the time of a simulation.
 */
const nextTick = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

/** Time that moves only when it is told to. `settled` resolves when what goes on by itself has come to an end. */
export const createVirtualTime = (settled: () => Promise<void> = nextTick): VirtualTime => {
  const heap: Scheduled[] = [];
  let now = 0;
  let order = 0;
  let mustSettle = false;

  const isBefore = (a: Scheduled, b: Scheduled): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

  const push = (item: Scheduled): void => {
    let index = heap.push(item) - 1;
    while (index > 0) {
      const parent = (index - 1) >>> 1;
      const above = heap[parent] as Scheduled;
      if (!isBefore(item, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = item;
  };

  const pop = (): Scheduled | undefined => {
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Scheduled, heap[child] as Scheduled)) child += 1;
      if (!isBefore(heap[child] as Scheduled, last)) break;
      heap[index] = heap[child] as Scheduled;
      index = child;
    }
    heap[index] = last;
    return first;
  };

  return {
    get now() {
      return now;
    },
    at(time, run) {
      order += 1;
      push({ at: Math.max(time, now), order, run });
    },
    settle() {
      mustSettle = true;
    },
    async runUntil(end) {
      for (let next = heap[0]; next !== undefined && next.at <= end; next = heap[0]) {
        pop();
        now = next.at;
        next.run();
        if (!mustSettle) continue;
        mustSettle = false;
        await settled();
      }
      now = end;
    },
  };
};
