import type { Fault } from "./faults.ts";

type Span = { readonly from: number; readonly to: number };

/** When a world was out of order, for bounds that hold only while it is not, or move with it. */
export type Disturbances = {
  /** Since when nothing has been wrong; later than now while something is. */
  readonly calmSince: number;
  note(fault: Fault): void;
  /** A replica was made again after none was left. */
  noteReturn(at: number): void;
  /** When the last disturbance that touches this span of time ended; undefined if none does. */
  lastEnd(from: number, to: number): number | undefined;
  lastReturn: number;
  /** Whether a replica may have been taken for dead in this span of time. */
  hadDeath(from: number, to: number): boolean;
};

/** What is late may still be on its way after the fault. */
const aftermathMs: Record<Fault["kind"], number> = {
  skew: 0,
  loss: 8000,
  lag: 4000,
  crash: 6000,
  pause: 6000,
  cut: 6000,
  outage: 4000,
  brokerclock: 4000,
  restart: 15_000,
  retention: 0,
};

export const createDisturbances = (): Disturbances => {
  const spans: Span[] = [];
  const deaths: Span[] = [];
  let calmSince = 0;
  const add = (from: number, to: number): void => {
    spans.push({ from, to });
    calmSince = Math.max(calmSince, to);
  };
  const disturbances: Disturbances = {
    get calmSince() {
      return calmSince;
    },
    lastReturn: Number.NEGATIVE_INFINITY,
    note(fault) {
      const lastsMs = "forMs" in fault ? fault.forMs : 0;
      add(fault.at, fault.at + lastsMs + aftermathMs[fault.kind]);
      if (
        fault.kind === "crash" ||
        fault.kind === "brokerclock" ||
        (lastsMs > 2000 && fault.kind !== "lag" && fault.kind !== "loss")
      ) {
        deaths.push({ from: fault.at, to: fault.at + lastsMs + aftermathMs[fault.kind] });
      }
    },
    noteReturn(at) {
      disturbances.lastReturn = at;
      add(at, at + 4000);
    },
    hadDeath: (from, to) => deaths.some((span) => span.to >= from && span.from <= to),
    lastEnd(from, to) {
      let last: number | undefined;
      for (const span of spans) if (span.to >= from && span.from <= to) last = Math.max(last ?? 0, span.to);
      return last;
    },
  };
  return disturbances;
};
