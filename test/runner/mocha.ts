import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Counts, run } from "./command.ts";
import type { Lane } from "./lanes.ts";
import { build, compiled } from "./programs.ts";

/** What `test/support/reporter.mjs` leaves. */
type Report = {
  readonly passed: number;
  readonly failed: readonly string[];
  /** By file, in milliseconds. */
  readonly spentMs: Readonly<Record<string, number>>;
};

/**
 * For Java that `rollcall up` starts: a broker of a test lives too short for what compiling it well would bring. Where
 * nothing else runs, it is as its users have it.
 */
const brief = { JDK_JAVA_OPTIONS: "-XX:TieredStopAtLevel=1" };

/** `env` is of the lane. What runs beside others is told of when it is over. */
type RunOptions = { readonly env?: Readonly<Record<string, string>>; readonly apart?: boolean };

/** As of a file that is run alone, without what reads TypeScript. */
const readOptions = () => {
  const { "node-option": all, ...options } = JSON.parse(readFileSync(".mocharc.json", "utf8")) as {
    readonly "node-option": readonly string[];
  };
  const ofNode = [...all.filter((option) => option !== "import=tsx"), "enable-source-maps"];
  return { ofNode: ofNode.map((option) => `--${option}`), ofMocha: options };
};

/** One process for the files, one after another. One that ends without a report has failed. */
const runFiles = async (
  files: readonly string[],
  niceness: number,
  { env = {}, apart = false }: RunOptions,
): Promise<Report> => {
  const folder = mkdtempSync(join(tmpdir(), "rollcall-test-"));
  try {
    const path = join(folder, "report.json");
    const config = join(folder, "mocharc.json");
    const { ofNode, ofMocha } = readOptions();
    writeFileSync(config, JSON.stringify(ofMocha));
    const mocha = [...ofNode, "node_modules/mocha/bin/mocha.js", "--config", config];
    const args = [...mocha, "--reporter", "./test/support/reporter.mjs", ...files.map(compiled)];
    const code = await run("nice", ["-n", String(niceness), process.execPath, ...args], {
      env: { ...env, ...(apart && brief), MOCHA_REPORT: path, TEST_BUILD: build },
      apart,
    });
    const report: Report = existsSync(path)
      ? JSON.parse(readFileSync(path, "utf8"))
      : { passed: 0, failed: [], spentMs: {} };
    if (code === 0 || report.failed.length > 0) return report;
    return { ...report, failed: [`mocha ended with ${code}: ${files.join(", ")}`] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Processes that each take the next group of files when they are done with one. */
export const runTests = async ({ groups, processes, niceness }: Lane, options: RunOptions = {}): Promise<Counts> => {
  const left = [...groups];
  const reports: Report[] = [];
  const takeNext = async (): Promise<void> => {
    for (let group = left.shift(); group !== undefined; group = left.shift()) {
      reports.push(await runFiles(group, niceness, options));
    }
  };
  await Promise.all(Array.from({ length: processes }, takeNext));
  tellSlowest(reports);
  const failed = reports.flatMap((report) => report.failed);
  return { passed: reports.reduce((sum, { passed }) => sum + passed, 0), failed: failed.length, names: failed };
};

const shown = 15;

const tellSlowest = (reports: readonly Report[]): void => {
  const spent = reports.flatMap(({ spentMs }) => Object.entries(spentMs));
  const slowest = spent.sort(([, a], [, b]) => b - a).slice(0, shown);
  const lines = slowest.map(([file, ms]) => `${(ms / 1000).toFixed(1).padStart(8)} s  ${file}\n`);
  process.stdout.write(`the files that took longest:\n${lines.join("")}`);
};
