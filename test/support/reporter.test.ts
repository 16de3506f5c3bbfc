import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";

/** Of two files that run beside one another: one whose test passes and then does `late`, and one that takes a while. */
const reportOf = async (late: string): Promise<{ passes: number; failures: number; failed: readonly string[] }> => {
  const folder = mkdtempSync(join(tmpdir(), "rollcall-late-"));
  try {
    const files = Object.entries({
      "early.mjs": `it("passes", () => void setTimeout(() => { ${late} }, 50))`,
      "longer.mjs": `it("takes a while", () => new Promise((done) => setTimeout(done, 1000)))`,
    }).map(([name, test]) => {
      writeFileSync(join(folder, name), `describe("a file", () => ${test})`);
      return join(folder, name);
    });
    const report = join(folder, "report.json");
    const reporting = ["--no-config", "--reporter", "./test/support/reporter.mjs"];
    const parallel = ["--parallel", "--jobs", "2", "--require", "./test/support/between-files.mjs"];
    const env = { ...process.env, MOCHA_REPORT: report, TEST_BUILD: folder };
    await promisify(execFile)("node_modules/.bin/mocha", [...reporting, ...parallel, ...files], { env });
    return JSON.parse(readFileSync(report, "utf8"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

describe("a report of files that run beside one another", () => {
  it("counts what is thrown after the tests of a file as a failure of that file", async () => {
    for (const late of [`throw new Error("too late")`, `Promise.reject(new Error("too late"))`]) {
      const { passes, failures, failed } = await reportOf(late);
      expect({ passes, failures }, late).to.deep.equal({ passes: 2, failures: 1 });
      expect(failed[0]).to.match(/^early\.mjs: after its tests\n {4}Error: too late/);
    }
  });

  it("tells what passed, as a run that failed, where a process ended before the run did", async () => {
    expect(await reportOf("process.exit(0)")).to.deep.equal({
      passes: 2,
      failures: 1,
      failed: ["mocha ended before its tests did"],
    });
  });
});
