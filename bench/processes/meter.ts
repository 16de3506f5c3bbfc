import { type Cost, startCounting } from "./answer-parent.ts";

/** How far a loop is, and what its process had used by then; times in milliseconds. */
export type Progress = {
  readonly records: number;
  /** What came at `firstAt`, when the clock began. */
  readonly firstRecords: number;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly cost: Cost;
};

/** Counts what has become durable. */
export type Meter = { add(records: number): void; restart(): void; progress(): Progress };

export const createMeter = (): Meter => {
  const count = startCounting();
  const nothing: Progress = { records: 0, firstRecords: 0, firstAt: 0, lastAt: 0, cost: count() };
  let current = nothing;
  return {
    add(records) {
      const lastAt = performance.now();
      const { firstRecords, firstAt } = current.records === 0 ? { firstRecords: records, firstAt: lastAt } : current;
      current = { records: current.records + records, firstRecords, firstAt, lastAt, cost: count() };
    },
    restart() {
      current = nothing;
    },
    progress: () => current,
  };
};
