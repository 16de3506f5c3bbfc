import { isServed, type Share } from "./fault-window.ts";
import type { Settled } from "./settle.ts";
import type { Tally } from "./tally.ts";
import { isKept, type Verdict } from "./verdict.ts";

const shown = 5;

/** What a run came to. */
export type Result = {
  readonly tally: Tally;
  readonly durationMs: number;
  readonly share: Share;
  readonly settled: Settled;
};

/** The verdict over the run: nothing lost, nobody left out, and enough of the beats answered. */
export const hasPassed = ({ share, settled }: Result): boolean => isServed(share) && isKept(settled.verdict);

/** One line while the load runs. */
export const progressLine = (tally: Tally, elapsedMs: number, beatsBefore: number, sinceMs: number): string => {
  const { beats, errors } = tally.counts;
  const rate = ((beats - beatsBefore) / sinceMs) * 1000;
  const failed = [...errors.values()].reduce((sum, count) => sum + count, 0);
  return `${seconds(elapsedMs)}  ${beats} beats (${rate.toFixed(0)}/s)  p99 ${ms(tally.latency.quantile(0.99))}  errors ${failed}\n`;
};

/** The table and the verdict at the end. */
export const reportOf = (result: Result): string => {
  const { tally, durationMs, share, settled } = result;
  const { beats, changed, unchanged, late, errors } = tally.counts;
  const quantiles = (histogram: Tally["latency"]): string =>
    [50, 99, 99.9].map((percent) => `p${percent} ${ms(histogram.quantile(percent / 100))}`).join(", ");
  const rows: [string, string][] = [
    ["beats", `${beats} in ${seconds(durationMs)}, ${((beats / durationMs) * 1000).toFixed(0)}/s`],
    ["acknowledged", `${changed} changed, ${unchanged} unchanged`],
    ["latency", `${quantiles(tally.latency)} (from the time a beat was due)`],
    ["driver lag", `${quantiles(tally.lag)} (of the latency, before the beat was sent)`],
    ["late", `${late} (waited for the rider's beat before)`],
    ["errors", [...errors].map(([code, count]) => `${code} ${count}`).join(", ") || "none"],
    ["served", served(share)],
    ["settled", `${seconds(settled.afterMs)} after the last beat`],
  ];
  const table = rows.map(([name, value]) => `${name.padEnd(14)}${value}\n`).join("");
  return `\n${table}\n${verdictText(settled.verdict)}${hasPassed(result) ? "passed" : "FAILED"}\n`;
};

const served = ({ beats, acknowledged, excused }: Share): string => {
  const percent = beats === 0 ? "none to judge" : `${((acknowledged / beats) * 100).toFixed(2)} % of ${beats}`;
  return excused === 0 ? percent : `${percent} beats outside the fault windows; ${excused} inside`;
};

const verdictText = ({ compared, lost, unknown, missing, neverAcknowledged }: Verdict): string => {
  const lines = [`compared ${compared}, lost ${lost.length}, unknown ${unknown}`];
  const falselyOffline = lost.filter((loss) => loss.isFalselyOffline).length;
  if (falselyOffline > 0) lines.push(`falsely offline ${falselyOffline} (among the lost)`);
  if (missing.length > 0) lines.push(`missing in the view ${missing.length}: ${some(missing)}`);
  if (neverAcknowledged.length > 0)
    lines.push(`never acknowledged ${neverAcknowledged.length}: ${some(neverAcknowledged)}`);
  for (const { userId, expected, found } of lost.slice(0, shown)) {
    lines.push(`lost ${userId}: acknowledged ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`);
  }
  return `${lines.join("\n")}\n`;
};

const some = (names: readonly string[]): string =>
  names.length > shown ? `${names.slice(0, shown).join(", ")}, …` : names.join(", ");

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;

const ms = (milliseconds: number | undefined): string =>
  milliseconds === undefined ? "-" : `${milliseconds.toFixed(milliseconds < 10 ? 2 : 0)} ms`;
