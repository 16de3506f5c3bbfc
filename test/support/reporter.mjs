import { writeFileSync } from "node:fs";
import { relative } from "node:path";
import Mocha from "mocha";

/**
 * Mocha's spec reporter, which also leaves a report in the file that MOCHA_REPORT names: how many tests passed, what failed,
 * and how long each file took, its hooks included. Two things that mocha lets pass are failures here: a promise whose
 * rejection nobody handles, which ends a service, and what is thrown after the tests. A run that breaks off leaves what it
 * has.
 */
export default class ReportingReporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const path = process.env.MOCHA_REPORT;
    if (!path) return;
    const failed = [];
    const spentMs = {};
    let file = "";
    let isOver = false;
    process.on("exit", () => {
      if (!isOver) failed.push(`${sourceOf(file)}: mocha ended before its tests did`);
      writeFileSync(path, JSON.stringify({ passed: this.stats.passes, failed, spentMs }));
    });
    const failOutside = (when, error) => {
      process.stderr.write(`${when}: ${error?.stack ?? error}\n`);
      failed.push(`${sourceOf(file)}: ${when}\n    ${firstLineOf(error)}`);
    };
    runner.on("suite", (suite) => {
      file = suite.file ?? file;
    });
    // Mocha hears of it too, and tells it to all listeners once more.
    const told = new WeakSet();
    process.on("unhandledRejection", (error, promise) => {
      if (told.has(promise)) return;
      told.add(promise);
      failOutside("a rejection that nobody handles", error);
    });
    runner.on("fail", (test, error) => {
      failed.push(`${sourceOf(test.file)}: ${test.fullTitle()}\n    ${firstLineOf(error)}`);
    });
    for (const event of ["test end", "hook end"]) {
      // Hooks of a whole process are of no file.
      runner.on(event, ({ file, duration = 0 }) => {
        if (file !== undefined) spentMs[sourceOf(file)] = (spentMs[sourceOf(file)] ?? 0) + duration;
      });
    }
    runner.once("end", () => {
      isOver = true;
      // Mocha's listener would throw it again.
      process.removeAllListeners("uncaughtException");
      process.on("uncaughtException", (error) => failOutside("thrown after the tests", error));
    });
  }
}

/** Compiled tests are named by their sources. */
const sourceOf = (file = "") => relative(process.env.TEST_BUILD ?? "", file).replace(/\.js$/, ".ts");

const firstLineOf = (error) => String(error?.message ?? error).split("\n", 1)[0];
