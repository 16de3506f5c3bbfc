import { randomInt } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { readCount, readSeed } from "../cli/load/options.ts";
import { faults } from "./faults.ts";
import { type Ride, runRound } from "./run-round.ts";
import type { Fault, Stage } from "./stage.ts";
import { headLine, isClean, rowLine } from "./table.ts";

const ride: Ride = {
  riders: 500,
  intervalMs: 2000,
  rampMs: 2000,
  habits: { change: 0.05, leave: 0.03 },
  from: 4000,
  until: 10_000,
  after: 4000,
};
const findingsShown = 10;

const write = (text: string): void => {
  process.stdout.write(text);
};

const textOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));

/** One round with all that there is to say of it. Throws when it cannot be finished. */
const tellRound = async (fault: Fault, stage: Stage, seed: number): Promise<{ row: string; isGood: boolean }> => {
  const round = await runRound(stage, { ...ride, ...fault.ride }, seed, (text) =>
    write(`${fault.name} seed ${seed}: ${text}`),
  );
  const row = rowLine(fault.name, round);
  write(headLine() + row);
  for (const finding of round.findings.slice(0, findingsShown)) write(`  ${finding}\n`);
  write(round.diagnosis);
  return { row, isGood: isClean(round) };
};

/** Rounds on one stage, until one is not clean. What that leaves behind is kept. */
const runOnStage = async (fault: Fault, seeds: readonly number[]): Promise<readonly string[]> => {
  const rows: string[] = [];
  const folder = await mkdtemp(join(tmpdir(), "rollcall-chaos-"));
  let stage: Stage | undefined;
  let isGood = false;
  try {
    stage = await fault.open(folder);
    for (const seed of seeds) {
      isGood = false;
      const told = await tellRound(fault, stage, seed);
      rows.push(told.row);
      isGood = told.isGood;
      if (!isGood) break;
    }
  } catch (error) {
    rows.push(`${fault.name.padEnd(18)}${seeds[rows.length]} was not finished\n`);
    write(`${fault.name}: ${textOf(error)}\n`);
  } finally {
    await stage?.close();
  }
  if (isGood) await rm(folder, { recursive: true, force: true });
  else {
    write(`logs and data: ${folder}\n`);
    process.exitCode = 1;
  }
  return rows;
};

/** All rounds of one fault. */
const runFault = async (fault: Fault, seeds: readonly number[]): Promise<readonly string[]> => {
  const rows: string[] = [];
  while (rows.length < seeds.length) rows.push(...(await runOnStage(fault, seeds.slice(rows.length))));
  return rows;
};

const run = async (names: readonly string[], repeat: number, seed: number): Promise<void> => {
  const unknown = names.filter((name) => !faults.some((fault) => fault.name === name));
  if (unknown.length > 0) {
    write(`no such fault: ${unknown.join(", ")}\n`);
    process.exitCode = 2;
    return;
  }
  const rows: string[] = [];
  for (const fault of faults.filter(({ name }) => names.length === 0 || names.includes(name))) {
    const seeds = Array.from({ length: repeat }, (_, i) => seed + i);
    rows.push(...(await runFault(fault, seeds)));
  }
  write(`\n${headLine()}${rows.join("")}`);
};

await new Command("chaos")
  .description("Makes faults under load, and looks whether anything acknowledged is lost.")
  .argument("[fault...]", `which ones, all when left out: ${faults.map(({ name }) => name).join(", ")}`)
  .option("--repeat <n>", "rounds of each fault", readCount, 3)
  .option("--seed <n>", "of the first round; the next ones follow", readSeed)
  .action((names: readonly string[], flags: { readonly repeat: number; readonly seed?: number }) =>
    run(names, flags.repeat, flags.seed ?? randomInt(2 ** 31)),
  )
  .parseAsync();
