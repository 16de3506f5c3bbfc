import { runChecks } from "./runner/checks.ts";
import { type Counts, run } from "./runner/command.ts";
import { type Lane, lanesOfTests } from "./runner/lanes.ts";
import { runTests } from "./runner/mocha.ts";
import { buildAll, compiled } from "./runner/programs.ts";
import { startEngines } from "./support/start-engines.ts";

// Runs every check, then every test, and ends with one line for both: `N passed, N failed`.

const seeds = 2000;

/** On what the tests beside it leave of the machine. */
const simulate = async (): Promise<Counts> => {
  const args = ["-n", "19", process.execPath, compiled("sim/main.ts"), String(seeds)];
  const isGood = (await run("nice", args, { apart: true })) === 0;
  process.stdout.write(`${isGood ? "✔" : "✘"} ${seeds} simulated worlds\n`);
  return isGood ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
};

/** What has to be there before tests run, made beside the checks: `make node_modules` may have to compile a module. */
const installAll = async (): Promise<boolean> => {
  const codes = await Promise.all([
    run(process.execPath, ["--import", "tsx", "engines/install.ts"], { apart: true }),
    run("make", ["--silent", "node_modules"], { apart: true }),
  ]);
  return codes.every((code) => code === 0);
};

/** All tests but those for an idle machine, on engines that they share. */
const runBesideOneAnother = async (parts: readonly (readonly Lane[])[]): Promise<readonly Counts[]> => {
  const { close, ...addresses } = await startEngines();
  const env = { TEST_ENGINES: JSON.stringify(addresses) };
  try {
    const counts: Counts[] = [];
    for (const lanes of parts) {
      counts.push(...(await Promise.all(lanes.map((lane) => runTests(lane, { env, apart: true })))));
    }
    return counts;
  } finally {
    await close();
  }
};

const oneFailed: Counts = { passed: 0, failed: 1 };

/** Everything beside everything, as soon as what it needs is there; then the tests that must be alone. */
const runEverything = async (): Promise<readonly Counts[]> => {
  const installed = installAll();
  const isBuilt = (await buildAll()) === 0;
  if (!isBuilt) return [(await installed) ? oneFailed : { passed: 0, failed: 2 }];
  const simulated = simulate();
  const checked = await runChecks();
  if (!(await installed)) return [checked, oneFailed, await simulated];
  process.stdout.write("tests run beside one another, for some minutes; each part is told of when it is over\n");
  const { waiting, timed, idle } = lanesOfTests();
  const tested = await runBesideOneAnother([[waiting], timed]);
  return [checked, ...tested, await simulated, await runTests(idle)];
};

const all = process.argv.includes("--checks") ? [await runChecks()] : await runEverything();
const [passed, failed] = (["passed", "failed"] as const).map((each) =>
  all.reduce((sum, counts) => sum + counts[each], 0),
);
// Where only the end of a run is kept, this is in it.
for (const name of all.flatMap(({ names = [] }) => names)) process.stdout.write(`✘ ${name}\n`);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
