import { writeFileSync } from "node:fs";
import { relative } from "node:path";
import Mocha from "mocha";

const shown = 15;

/**
 * Mocha's spec reporter, which also leaves the counts, and what failed, in the file that MOCHA_REPORT names, and then tells
 * which files took longest, their hooks included.
 */
export default class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    if (!process.env.MOCHA_REPORT) return;
    const spentMs = new Map();
    const failed = [];
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
      const { passes, failures } = this.stats;
      writeFileSync(process.env.MOCHA_REPORT, JSON.stringify({ passes, failures, failed }));
      const slowest = [...spentMs].sort(([, a], [, b]) => b - a).slice(0, shown);
      const lines = slowest.map(([file, ms]) => `${(ms / 1000).toFixed(1).padStart(8)} s  ${sourceOf(file)}\n`);
      process.stdout.write(`the files that took longest:\n${lines.join("")}`);
    });
  }
}

/** Compiled tests are named by their sources. */
const sourceOf = (file = "") => relative(process.env.TEST_BUILD ?? "", file).replace(/\.js$/, ".ts");

const firstLineOf = (error) => String(error?.message ?? error).split("\n", 1)[0];
