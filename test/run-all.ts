import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// Runs every check, then every test, and ends with one line for both: `N passed, N failed`.

/** `names` are of what failed, where it has names. */
type Counts = { passed: number; failed: number; names?: readonly string[] };

const bin = (name: string): string => join("node_modules", ".bin", name);

/**
 * Runs a command with its output on ours; gives the exit code. One that runs beside others is `apart`: what it says is
 * told when it is over.
 */
const run = async (
  command: string,
  args: readonly string[],
  { env = {}, apart = false }: { readonly env?: Readonly<Record<string, string>>; readonly apart?: boolean } = {},
): Promise<number> => {
  const child = spawn(command, args, { stdio: apart ? "pipe" : "inherit", env: { ...process.env, ...env } });
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (part: Buffer) => said.push(part));
  const code = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(code ?? (signal === null ? 0 : 1)));
  });
  process.stdout.write(Buffer.concat(said));
  return code;
};

const generated = ["gen", "docs", "envoy", "examples"];

/** Generates again, into place, and tells whether anything came out differently from what is committed. */
const generatedIsCurrent = async (): Promise<number> => {
  const before = mkdtempSync(join(tmpdir(), "rollcall-gen-"));
  try {
    for (const folder of generated) cpSync(folder, join(before, folder), { recursive: true });
    const code = await run("make", ["--silent", "gen"]);
    if (code !== 0) return code;
    const changed = generated.flatMap((folder) => differences(join(before, folder), folder));
    for (const file of changed) process.stdout.write(`${file} is not what make gen makes of the sources\n`);
    return changed.length === 0 ? 0 : 1;
  } finally {
    rmSync(before, { recursive: true, force: true });
  }
};

const differences = (before: string, after: string): string[] => {
  const files = (folder: string) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  return [...new Set([...files(before), ...files(after)])]
    .filter((file) => {
      const [old, now] = [join(before, file), join(after, file)];
      return !existsSync(old) || !existsSync(now) || !readFileSync(old).equals(readFileSync(now));
    })
    .map((file) => join(after, file));
};

const checks: Readonly<Record<string, () => Promise<number>>> = {
  "format and lint": () => run(bin("biome"), ["ci", "--error-on-warnings"]),
  types: () => run(bin("tsc"), ["-p", "tsconfig.json"]),
  "proto lint": () => run(bin("buf"), ["lint", "proto"]),
  "generated files": generatedIsCurrent,
  "rollcall check proto": () => run(process.execPath, ["--import", "tsx", "cli/main.ts", "check", "proto"]),
};

const runChecks = async (): Promise<Counts> => {
  const counts = { passed: 0, failed: 0 };
  for (const [name, check] of Object.entries(checks)) {
    const isGood = (await check()) === 0;
    counts[isGood ? "passed" : "failed"] += 1;
    process.stdout.write(`${isGood ? "✔" : "✘"} ${name}\n`);
  }
  return counts;
};

const build = join(process.cwd(), ".tmp", "build");

/** What tests start as processes of their own, compiled once, as in the image that is deployed. */
const buildPrograms = async (): Promise<number> => {
  rmSync(build, { recursive: true, force: true });
  const code = await run(bin("tsc"), ["-p", "test/tsconfig.build.json", "--outDir", build]);
  if (code !== 0) return code;
  cpSync(join("gen", "descriptors.binpb"), join(build, "gen", "descriptors.binpb"));
  cpSync("proto", join(build, "proto"), { recursive: true });
  return 0;
};

/** Every test there is; a folder that is new is not forgotten. */
const testFiles = (): readonly string[] =>
  readdirSync(".", { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== "node_modules" && !entry.name.startsWith("."))
    .flatMap(({ name }) => readdirSync(name, { recursive: true, encoding: "utf8" }).map((file) => join(name, file)))
    .filter((file) => file.endsWith(".test.ts"))
    .sort();

type Report = { readonly passes: number; readonly failures: number; readonly failed: readonly string[] };

/** Test files of one process, and how far it gives way to others. */
type Lane = { readonly files: readonly string[]; readonly niceness: number };

/**
 * For Java that `rollcall up` starts: a broker of a test lives too short for what compiling it well would bring. Where
 * nothing else runs, it is as its users have it.
 */
const brief = { JDK_JAVA_OPTIONS: "-XX:TieredStopAtLevel=1" };

/** Counts come from mocha's own report; a run that ends without one has failed. */
const runTests = async ({ files, niceness }: Lane, { apart }: { readonly apart: boolean }): Promise<Counts> => {
  const folder = mkdtempSync(join(tmpdir(), "rollcall-test-"));
  const report = join(folder, "report.json");
  try {
    const args = ["-n", String(niceness), bin("mocha"), "--reporter", "./test/support/reporter.mjs", ...files];
    const code = await run("nice", args, {
      env: { MOCHA_REPORT: report, TEST_BUILD: build, ...(apart && brief) },
      apart,
    });
    if (!existsSync(report)) return { passed: 0, failed: 1 };
    const { passes, failures, failed: names } = JSON.parse(readFileSync(report, "utf8")) as Report;
    return { passed: passes, failed: failures === 0 && code !== 0 ? 1 : failures, names };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const seeds = 2000;

/** On what the tests beside it leave of the machine. */
const simulate = async (): Promise<Counts> => {
  const args = ["-n", "19", process.execPath, join(build, "sim", "main.js"), String(seeds)];
  const isGood = (await run("nice", args, { apart: true })) === 0;
  process.stdout.write(`${isGood ? "✔" : "✘"} ${seeds} simulated worlds\n`);
  return isGood ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
};

/** What they promise of time, or of load, leaves no room for others on the machine but one that gives way at once. */
const busy = [
  "test/chaos/short.test.ts",
  "test/e2e/load.test.ts",
  "test/integration/health.test.ts",
  "test/integration/mongodb.test.ts",
];
/** Measures what an idle machine takes. */
const idle = ["test/e2e/mesh-delay.test.ts"];

/** Processes beside each other, of about the same length; what waits for nothing gives way to what does. */
const lanesOf = (all: readonly string[]): readonly Lane[] => {
  const files = all.filter((file) => ![...busy, ...idle].includes(file));
  const isIn = (folders: readonly string[]) => (file: string) => folders.some((each) => file.startsWith(`${each}/`));
  const units = ["runtime", "cli", "sim", "heartbeat-svc", "state-svc", "view-svc"];
  const together = ["test/integration"];
  const [integration, others] = [
    files.filter(isIn(together)),
    files.filter((file) => !isIn([...units, ...together])(file)),
  ];
  return [
    { files: files.filter(isIn(units)), niceness: 5 },
    { files: others, niceness: 0 },
    { files: integration.filter((_, i) => i % 2 === 0), niceness: 0 },
    { files: integration.filter((_, i) => i % 2 === 1), niceness: 0 },
  ];
};

/** What has to be there before tests run, made beside the checks: `make node_modules` may have to compile a module. */
const installAll = async (): Promise<boolean> => {
  const codes = await Promise.all([
    run(process.execPath, ["--import", "tsx", "engines/install.ts"], { apart: true }),
    run("make", ["--silent", "node_modules"], { apart: true }),
  ]);
  return codes.every((code) => code === 0);
};

const nothing: Counts = { passed: 0, failed: 0 };
const oneFailed: Counts = { passed: 0, failed: 1 };

/** Everything beside everything, as soon as what it needs is there; then the tests that must be alone. */
const runEverything = async (): Promise<readonly Counts[]> => {
  const installed = installAll();
  const checked = await runChecks();
  const isBuilt = (await buildPrograms()) === 0;
  const simulated = isBuilt ? simulate() : nothing;
  if (!(await installed) || !isBuilt) return [checked, await simulated, oneFailed];
  process.stdout.write("tests run beside one another, for some minutes; each process is told of when it is over\n");
  const lanes = lanesOf(testFiles()).map((lane) => runTests(lane, { apart: true }));
  const together = await Promise.all(lanes);
  const alone: Counts[] = [];
  alone.push(await runTests({ files: busy, niceness: 0 }, { apart: false }), await simulated);
  alone.push(await runTests({ files: idle, niceness: 0 }, { apart: false }));
  return [checked, ...together, ...alone];
};

const all = process.argv.includes("--checks") ? [await runChecks()] : await runEverything();
const [passed, failed] = (["passed", "failed"] as const).map((each) =>
  all.reduce((sum, counts) => sum + counts[each], 0),
);
// Where only the end of a run is kept, this is in it.
for (const name of all.flatMap(({ names = [] }) => names)) process.stdout.write(`✘ ${name}\n`);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
