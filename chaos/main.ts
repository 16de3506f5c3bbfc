import { randomInt } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { readCount, readSeed } from "../cli/load/options.ts";
import { faults } from "./faults.ts";
import { type Ride, runRound } from "./run-round.ts";
import type { Fault } from "./stage.ts";
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

/** Rounds of one fault on one stage; after one that is not clean the next begins on a new stage. */
const runFault = async (fault: Fault, seeds: readonly number[]): Promise<readonly string[]> => {
  const rows: string[] = [];
  let rest = seeds;
  while (rest.length > 0) {
    const folder = await mkdtemp(join(tmpdir(), "rollcall-chaos-"));
    const stage = await fault.open(folder);
    let isTroubled = false;
    try {
      while (rest.length > 0 && !isTroubled) {
        const [seed = 0, ...others] = rest;
        rest = others;
        const name = `${fault.name} seed ${seed}`;
        isTroubled = true;
        try {
          const round = await runRound(stage, ride, seed, (text) => write(`${name}: ${text}`));
          isTroubled = !isClean(round);
          rows.push(rowLine(fault.name, round));
          write(headLine() + rowLine(fault.name, round));
          for (const finding of round.findings.slice(0, findingsShown)) write(`  ${finding}\n`);
          write(round.diagnosis);
        } catch (error) {
          rows.push(
            `${fault.name.padEnd(16)}${seed} was not finished: ${error instanceof Error ? error.message : error}\n`,
          );
          write(`${name}: ${error instanceof Error ? error.stack : error}\n`);
        }
        if (isTroubled) process.exitCode = 1;
      }
    } finally {
      await stage.close();
      if (isTroubled) write(`logs and data: ${folder}\n`);
      else await rm(folder, { recursive: true, force: true });
    }
  }
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
