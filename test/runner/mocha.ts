import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bin, type Counts, run } from "./command.ts";
import type { Lane } from "./lanes.ts";
import { build, compiled } from "./programs.ts";

type Report = { readonly passes: number; readonly failures: number; readonly failed: readonly string[] };

/**
 * For Java that `rollcall up` starts: a broker of a test lives too short for what compiling it well would bring. Where
 * nothing else runs, it is as its users have it.
 */
const brief = { JDK_JAVA_OPTIONS: "-XX:TieredStopAtLevel=1" };

/** As of a file that is run alone, without what reads TypeScript. */
const optionsOfBuild = (): object => {
  const options = JSON.parse(readFileSync(".mocharc.json", "utf8")) as { readonly "node-option": readonly string[] };
  const nodeOptions = options["node-option"].filter((option) => option !== "import=tsx");
  return {
    ...options,
    "node-option": [...nodeOptions, "enable-source-maps"],
    require: ["./test/support/between-files.mjs"],
  };
};

/** `env` is of the lane. What runs beside others is told of when it is over. */
type RunOptions = { readonly env?: Readonly<Record<string, string>>; readonly apart?: boolean };

/** Counts come from mocha's own report; a run that ends without one has failed. */
export const runTests = async ({ files, processes, niceness }: Lane, options: RunOptions): Promise<Counts> => {
  const { env = {}, apart = false } = options;
  const folder = mkdtempSync(join(tmpdir(), "rollcall-test-"));
  const report = join(folder, "report.json");
  try {
    const beside = processes > 1 ? ["--parallel", "--jobs", String(processes)] : [];
    const config = join(folder, "mocharc.json");
    writeFileSync(config, JSON.stringify(optionsOfBuild()));
    const reporting = ["--config", config, "--reporter", "./test/support/reporter.mjs"];
    const args = [bin("mocha"), ...reporting, ...beside, ...files.map(compiled)];
    const code = await run("nice", ["-n", String(niceness), ...args], {
      env: { ...env, ...(apart && brief), MOCHA_REPORT: report, TEST_BUILD: build },
      apart,
    });
    if (!existsSync(report)) return { passed: 0, failed: 1, names: [`mocha ended with ${code}, without a report`] };
    const { passes, failures, failed: names } = JSON.parse(readFileSync(report, "utf8")) as Report;
    return { passed: passes, failed: failures === 0 && code !== 0 ? 1 : failures, names };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
