import { setTimeout as delay } from "node:timers/promises";
import type { MeshClient } from "./mesh-client.ts";
import type { Rider } from "./rider.ts";
import { isSettled, judge, type Row, type Verdict } from "./verdict.ts";

const pollMs = 100;
const callDeadlineMs = 10_000;

export type Settled = { readonly verdict: Verdict; readonly afterMs: number };

/**
 * Asks the view until it shows every rider as it should, or the time is up; then that is the verdict. A view
 * that does not answer is asked again.
 */
export const settle = async (
  riders: readonly Rider[],
  mesh: MeshClient,
  prefix: string,
  withinMs: number,
): Promise<Settled> => {
  const startedAt = performance.now();
  const elapsed = (): number => performance.now() - startedAt;
  let rows: readonly Row[] = [];
  for (;;) {
    const left = withinMs - elapsed();
    rows = await mesh.users(Math.max(1000, Math.min(callDeadlineMs, left))).then(
      (all) => all.filter(({ userId }) => userId.startsWith(prefix)),
      () => rows,
    );
    const verdict = judge(riders, rows);
    if (isSettled(verdict) || elapsed() >= withinMs) return { verdict, afterMs: elapsed() };
    await delay(pollMs);
  }
};
