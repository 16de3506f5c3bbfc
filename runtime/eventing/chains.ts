import type { LogRecord } from "../ports.ts";

export type ChainsOptions = {
  /** Handles what waits of one chain, in order; what waits behind a rejection is rejected with it. */
  readonly handle: (records: readonly LogRecord[]) => Promise<void>;
  /** Records that one call takes at most. */
  readonly most: number;
};

/** Records in order within their chain, all chains at once. What comes for a chain that runs is taken together. */
export type Chains = {
  /** Resolves when all records are handled. */
  take(records: readonly LogRecord[]): Promise<void>;
  isRunning(record: LogRecord): boolean;
};

/** A call of `take`, until its last record is handled. */
type Batch = { open: number; resolve(): void; reject(error: unknown): void };
type Waiting = { readonly record: LogRecord; readonly batch: Batch };

export const createChains = ({ handle, most }: ChainsOptions): Chains => {
  const chains = new Map<string, Waiting[]>();

  const run = async (chain: string, waiting: Waiting[]): Promise<void> => {
    while (waiting.length > 0) {
      const taken = waiting.splice(0, most);
      try {
        await handle(taken.map(({ record }) => record));
      } catch (error) {
        chains.delete(chain);
        for (const { batch } of [...taken, ...waiting]) batch.reject(error);
        return;
      }
      for (const { batch } of taken) {
        batch.open -= 1;
        if (batch.open === 0) batch.resolve();
      }
    }
    chains.delete(chain);
  };

  return {
    take: (records) =>
      new Promise((resolve, reject) => {
        const batch = { open: records.length, resolve, reject };
        const begun: [string, Waiting[]][] = [];
        for (const record of records) {
          const chain = chainOf(record);
          let waiting = chains.get(chain);
          if (waiting === undefined) {
            waiting = [];
            chains.set(chain, waiting);
            begun.push([chain, waiting]);
          }
          waiting.push({ record, batch });
        }
        if (records.length === 0) resolve();
        for (const [chain, waiting] of begun) void run(chain, waiting);
      }),
    isRunning: (record) => chains.has(chainOf(record)),
  };
};

/** What holds a record back: those before it with its key, or without one in its partition. */
const chainOf = ({ topic, partition, key }: LogRecord): string =>
  key === undefined ? `${topic}/${partition}` : `${topic}\0${key}`;
