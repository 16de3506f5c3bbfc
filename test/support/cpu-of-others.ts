import { readFile } from "node:fs/promises";
import { statOf } from "./proc-stat.ts";

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

/** The machine's CPU time since its start, in ticks: all of it, and what was used. */
const ofMachine = async (): Promise<{ readonly all: number; readonly used: number }> => {
  const [first = ""] = (await readFile("/proc/stat", "utf8")).split("\n");
  const ticks = first.trim().split(/\s+/).slice(1, 9).map(Number);
  const idle = (ticks[3] ?? 0) + (ticks[4] ?? 0);
  return { all: sum(ticks), used: sum(ticks) - idle };
};

/** The same of one process, with its threads. */
const ofProcess = async (pid: number): Promise<number> => {
  const fields = await statOf(`/proc/${pid}`);
  return Number(fields[11]) + Number(fields[12]);
};

/** Measures, until the returned function is called, what share of the machine other processes than these have used. */
export const watchOthers = async (ours: readonly number[]): Promise<() => Promise<number>> => {
  const look = async () => ({ machine: await ofMachine(), own: sum(await Promise.all(ours.map(ofProcess))) });
  const before = await look();
  return async () => {
    const after = await look();
    const others = after.machine.used - before.machine.used - (after.own - before.own);
    return Math.min(1, Math.max(0, others / Math.max(1, after.machine.all - before.machine.all)));
  };
};
