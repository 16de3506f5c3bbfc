import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bin, type Counts, run } from "./command.ts";

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

/** What needs nothing but the packages. */
export const runChecks = async (): Promise<Counts> => {
  const counts = { passed: 0, failed: 0 };
  for (const [name, check] of Object.entries(checks)) {
    const isGood = (await check()) === 0;
    counts[isGood ? "passed" : "failed"] += 1;
    process.stdout.write(`${isGood ? "✔" : "✘"} ${name}\n`);
  }
  return counts;
};
