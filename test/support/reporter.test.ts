import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";

type Report = { readonly passed: number; readonly failed: readonly string[] };

/** What a file with one test, which does `what` and passes, leaves. */
const reportOf = async (what: string): Promise<Report> => {
  const folder = mkdtempSync(join(tmpdir(), "rollcall-report-"));
  try {
    const file = join(folder, "a.mjs");
    writeFileSync(file, `describe("a file", () => it("passes", async () => { ${what} }))`);
    const report = join(folder, "report.json");
    const args = ["--no-config", "--reporter", "./test/support/reporter.mjs", file];
    const env = { ...process.env, MOCHA_REPORT: report, TEST_BUILD: folder };
    await promisify(execFile)("node_modules/.bin/mocha", args, { env });
    return JSON.parse(readFileSync(report, "utf8"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

describe("the report of a test file", () => {
  const later = (what: string) => `setTimeout(() => { ${what} }, 100);`;

  it("counts what is thrown after the tests as a failure", async () => {
    const { passed, failed } = await reportOf(later(`throw new Error("too late")`));
    expect({ passed, failed }).to.deep.equal({ passed: 1, failed: ["a.mjs: thrown after the tests\n    too late"] });
  });

  it("counts a promise whose rejection nobody handles as a failure, whenever it is", async () => {
    const reject = `Promise.reject(new Error("unheard"));`;
    const failed = ["a.mjs: a rejection that nobody handles\n    unheard"];
    const during = await reportOf(`${reject} await new Promise((done) => setTimeout(done, 50));`);
    expect(during).to.deep.include({ passed: 1, failed });
    expect(await reportOf(later(reject))).to.deep.include({ passed: 1, failed });
  });

  it("tells of a run that broke off", async () => {
    const { passed, failed } = await reportOf("process.exit(0)");
    expect({ passed, failed }).to.deep.equal({ passed: 0, failed: ["a.mjs: mocha ended before its tests did"] });
  });
});
