import { drive, type Plan } from "./drive.ts";
import { shareOf } from "./fault-window.ts";
import type { MeshClient } from "./mesh-client.ts";
import { progressLine, type Result } from "./report.ts";
import { settle } from "./settle.ts";
import { createTally } from "./tally.ts";

const progressMs = 2000;

export type LoadOptions = Plan & {
  /** Beats that start so close to a connection failure are excused. */
  readonly faultWindowMs: number;
  /** How long the view may take to show everything after the last beat. */
  readonly settleMs: number;
  /** Leases are so short that riders whose ride is over must be shown offline, as those that fell silent before. */
  readonly areLeasesAwaited?: boolean;
};

/** Rides, waits for the view, and gives what came of it. An abort ends the ride early, not the verdict. */
export const runLoad = async (
  options: LoadOptions,
  mesh: MeshClient,
  write: (text: string) => void,
  signal: AbortSignal,
): Promise<Result> => {
  const tally = createTally();
  const startedAt = performance.now();
  let before = { at: startedAt, beats: 0 };
  const progress = setInterval(() => {
    const at = performance.now();
    write(progressLine(tally, at - startedAt, before.beats, at - before.at));
    before = { at, beats: tally.counts.beats };
  }, progressMs);
  try {
    const ended = await drive(options, mesh, tally, signal);
    const riders = options.areLeasesAwaited ? ended.map((rider) => ({ ...rider, isSilent: true })) : ended;
    const durationMs = performance.now() - startedAt;
    clearInterval(progress);
    const settled = await settle(riders, mesh, options.prefix, options.settleMs);
    return { tally, durationMs, share: shareOf(tally.slots(), options.faultWindowMs), settled };
  } finally {
    clearInterval(progress);
  }
};
