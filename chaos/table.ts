import { lostOf, type Round } from "./run-round.ts";

const columns = [
  ["fault", 18],
  ["seed", 12],
  ["at", 8],
  ["pid", 24],
  ["beats", 8],
  ["acked", 8],
  ["changes", 9],
  ["unknown", 9],
  ["lost", 6],
  ["false offline", 15],
  ["worst lateness", 16],
  ["lasted", 9],
  ["recovered after", 17],
  ["findings", 0],
] as const;

const line = (cells: readonly string[]): string =>
  `${cells.map((cell, i) => cell.padEnd((columns[i]?.[1] ?? 0) - 1)).join(" ")}`.trimEnd();

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;

/** The line above all rows. */
export const headLine = (): string => `${line(columns.map(([name]) => name))}\n`;

/** One round as a line. */
export const rowLine = (fault: string, round: Round): string => {
  const { seed, at, parts, lasted, recovered, result, findings, presence } = round;
  const { beats, changed, unchanged } = result.tally.counts;
  const pids = parts.map((part) => part.slice(part.indexOf(":") + 1));
  const cells = [
    fault,
    seed,
    seconds(at),
    pids.length > 3 ? `${pids.slice(0, 3).join(",")},… ${pids.length}` : pids.join(","),
    beats,
    changed + unchanged,
    changed,
    result.settled.verdict.unknown,
    lostOf(result).length,
    presence.falselyOffline,
    presence.worstMs === undefined ? "-" : `${seconds(presence.worstMs)} of ${presence.silent}`,
    seconds(lasted),
    seconds(recovered),
    findings.length,
  ];
  return `${line(cells.map(String))}\n`;
};

/** Nothing lost, and nothing else that is not as it should be. */
export const isClean = ({ result, findings }: Round): boolean => lostOf(result).length === 0 && findings.length === 0;
