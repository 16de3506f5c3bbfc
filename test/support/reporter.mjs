import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import Mocha from "mocha";

const shown = 15;

/**
 * Mocha's spec reporter, which also leaves the counts, and what failed, in the file that MOCHA_REPORT names, and then tells
 * which files took longest, their hooks included. A run that breaks off leaves what it has, as a run that failed.
 */
export default class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const path = process.env.MOCHA_REPORT;
    if (!path) return;
    const spentMs = new Map();
    const failed = [];
    const brokenOff = () => writeReport(path, this.stats, [...failed, "mocha ended before its tests did"]);
    process.on("exit", brokenOff);
    runner.on("fail", (test, error) => {
      failed.push(`${sourceOf(test.file)}: ${test.fullTitle()}\n    ${firstLineOf(error)}`);
    });
    for (const event of ["test end", "hook end"]) {
      // Hooks of a whole process are of no file.
      runner.on(event, ({ file, duration = 0 }) => {
        if (file !== undefined) spentMs.set(file, (spentMs.get(file) ?? 0) + duration);
      });
    }
    runner.once("end", () => {
      process.off("exit", brokenOff);
      writeReport(path, this.stats, failed);
      const slowest = [...spentMs].sort(([, a], [, b]) => b - a).slice(0, shown);
      const lines = slowest.map(([file, ms]) => `${(ms / 1000).toFixed(1).padStart(8)} s  ${sourceOf(file)}\n`);
      process.stdout.write(`the files that took longest:\n${lines.join("")}`);
    });
  }
}

/** Where processes that run beside one another leave what was thrown between two files, a line of JSON each. */
export const lateOf = (path) => `${path}.late`;

const writeReport = (path, { passes }, failed) => {
  const late = existsSync(lateOf(path)) ? readFileSync(lateOf(path), "utf8").trim().split("\n") : [];
  const names = [...failed, ...late.map((line) => JSON.parse(line))];
  writeFileSync(path, JSON.stringify({ passes, failures: names.length, failed: names }));
};

/** Compiled tests are named by their sources. */
export const sourceOf = (file = "") => relative(process.env.TEST_BUILD ?? "", file).replace(/\.js$/, ".ts");

const firstLineOf = (error) => String(error?.message ?? error).split("\n", 1)[0];
