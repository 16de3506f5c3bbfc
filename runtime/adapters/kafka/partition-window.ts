import type { LogRecord } from "../../ports.ts";

/** Records of a batch: of a wide window half, so that the next batch is there when one is done. */
const chunkOf = (size: number): number => Math.max(500, size >> 1);

export type PartitionWindowOptions = {
  /** Unresolved records there may be. */
  readonly size: number;
  readonly onBatch: (batch: readonly LogRecord[]) => Promise<void>;
  /** Everything before this offset is resolved. */
  readonly onProgress: (end: bigint) => void;
  /** The queue has become shorter. */
  readonly onRoom: () => void;
  readonly onFailure: (error: unknown) => void;
};

/** The records of one partition between the log and the callback: delivered in order, resolved in any. */
export type PartitionWindow = {
  /** Takes what was fetched; `next` is where the next fetch goes on. */
  push(records: readonly LogRecord[], next: bigint): void;
  /** Records that wait for room in the window. */
  readonly queued: number;
  /** Where reading goes on; undefined before the first fetch. */
  readonly next: bigint | undefined;
  /** Delivers nothing more; the promise resolves when the running callbacks have returned. */
  stop(): Promise<void>;
  /** The partition is another member's now: what is still running here ends without effect. */
  abandon(): void;
};

type Batch = { readonly end: bigint; isDone: boolean };

export const createPartitionWindow = (options: PartitionWindowOptions): PartitionWindow => {
  const { size, onBatch, onProgress, onRoom, onFailure } = options;
  const chunk = chunkOf(size);
  const batches: Batch[] = [];
  const running = new Set<Promise<void>>();
  let queue: readonly LogRecord[] = [];
  let next: bigint | undefined;
  let inFlight = 0;
  let isStopped = false;
  let isAbandoned = false;

  const settle = (batch: Batch): void => {
    batch.isDone = true;
    let end: bigint | undefined;
    while (batches[0]?.isDone) end = batches.shift()?.end;
    if (end !== undefined && !isAbandoned) onProgress(end);
  };

  const fail = (error: unknown): void => {
    isStopped = true;
    if (!isAbandoned) onFailure(error);
  };

  const deliver = (records: readonly LogRecord[]): void => {
    const batch: Batch = { end: (records.at(-1) as LogRecord).offset + 1n, isDone: false };
    batches.push(batch);
    inFlight += records.length;
    // A callback that throws at once is a rejection too.
    const work = Promise.resolve()
      .then(() => onBatch(records))
      .then(() => settle(batch), fail)
      .finally(() => {
        inFlight -= records.length;
        running.delete(work);
        pump();
      });
    running.add(work);
  };

  const pump = (): void => {
    while (!isStopped && queue.length > 0 && inFlight < size) {
      const count = Math.min(queue.length, size - inFlight, chunk);
      const records = queue.slice(0, count);
      queue = queue.slice(count);
      deliver(records);
    }
    if (!isStopped) onRoom();
  };

  return {
    push(records, after) {
      queue = queue.length === 0 ? records : [...queue, ...records];
      next = after;
      pump();
    },
    get queued() {
      return queue.length;
    },
    get next() {
      return next;
    },
    async stop() {
      isStopped = true;
      queue = [];
      await Promise.all(running);
    },
    abandon() {
      isAbandoned = true;
      isStopped = true;
      queue = [];
    },
  };
};
