import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// Runs every check, then every test, and ends with one line for both: `N passed, N failed`.

type Counts = { passed: number; failed: number };

const bin = (name: string): string => join("node_modules", ".bin", name);

/** Runs a command with its output on ours; gives the exit code. */
const run = (command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: "inherit", env: { ...process.env, ...env } });
    child.on("error", reject);
    child.on("exit", (code, signal) => resolve(code ?? (signal === null ? 0 : 1)));
  });

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

/** Counts come from mocha's own report; a run that ends without one has failed. */
const runTests = async (): Promise<Counts> => {
  const folder = mkdtempSync(join(tmpdir(), "rollcall-test-"));
  const report = join(folder, "report.json");
  try {
    // Not in .mocharc.json: mocha would add it to the one file that a developer names.
    const specs = "{runtime,cli,heartbeat-svc,state-svc,view-svc,engines,examples,sim,test}/**/*.test.ts";
    const args = ["--reporter", "./test/support/reporter.mjs", specs];
    const code = await run(bin("mocha"), args, { MOCHA_REPORT: report });
    if (!existsSync(report)) return { passed: 0, failed: 1 };
    const { passes, failures } = JSON.parse(readFileSync(report, "utf8")) as { passes: number; failures: number };
    return { passed: passes, failed: failures === 0 && code !== 0 ? 1 : failures };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const total = await runChecks();
if (!process.argv.includes("--checks")) {
  const engines = await run(process.execPath, ["--import", "tsx", "engines/install.ts"]);
  const tests = await runTests();
  total.passed += tests.passed;
  total.failed += tests.failed + (engines === 0 ? 0 : 1);
}
process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
process.exitCode = total.failed === 0 ? 0 : 1;
