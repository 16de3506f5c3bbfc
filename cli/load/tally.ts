import type { Slot } from "./fault-window.ts";
import { createHistogram, type Histogram } from "./histogram.ts";
import type { Outcome } from "./outcome.ts";

const slotMs = 100;

/** What is counted while the load runs. Times are milliseconds since its start. */
export type Tally = {
  /** A beat that was due at `dueAt` and sent at `startedAt` ended now. */
  ended(dueAt: number, startedAt: number, now: number, outcome: Outcome): void;
  /** A beat that was due now was not sent: too many are under way. */
  overloaded(now: number): void;
  /** A beat waits for the rider's one before. */
  late(): void;
  readonly counts: Counts;
  /** Acknowledged beats, from when they were due to their reply. */
  readonly latency: Histogram;
  /** Beats that did not have to wait for their rider, from when they were due to when they were sent. */
  readonly lag: Histogram;
  slots(): readonly Slot[];
};

export type Counts = {
  readonly beats: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly late: number;
  /** By code. */
  readonly errors: ReadonlyMap<string, number>;
};

export const createTally = (): Tally => {
  const errors = new Map<string, number>();
  const counts = { beats: 0, changed: 0, unchanged: 0, late: 0, errors };
  const slots = new Map<number, { at: number; beats: number; acknowledged: number; connectionFailures: number }>();
  const latency = createHistogram();

  const slotAt = (at: number) => {
    const start = Math.floor(at / slotMs) * slotMs;
    const slot = slots.get(start) ?? { at: start, beats: 0, acknowledged: 0, connectionFailures: 0 };
    slots.set(start, slot);
    return slot;
  };
  const fail = (code: string): void => {
    errors.set(code, (errors.get(code) ?? 0) + 1);
  };

  return {
    counts,
    latency,
    lag: createHistogram(),
    ended(dueAt, startedAt, now, outcome) {
      const slot = slotAt(startedAt);
      counts.beats += 1;
      slot.beats += 1;
      if (outcome.kind === "acknowledged") {
        slot.acknowledged += 1;
        counts[outcome.isModified ? "changed" : "unchanged"] += 1;
        latency.record(now - dueAt);
        return;
      }
      fail(outcome.code);
      // The failure is observed now; the beat may have started long before it.
      if (outcome.kind === "unknown" && outcome.isConnectionFailure) slotAt(now).connectionFailures += 1;
    },
    overloaded(now) {
      counts.beats += 1;
      slotAt(now).beats += 1;
      fail("OVERLOAD");
    },
    late() {
      counts.late += 1;
    },
    slots: () => [...slots.values()],
  };
};
