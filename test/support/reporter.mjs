import { writeFileSync } from "node:fs";
import Mocha from "mocha";

/** Mocha's spec reporter, which also leaves the counts in the file that MOCHA_REPORT names. */
export default class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once("end", () => {
      const { passes, failures } = this.stats;
      if (process.env.MOCHA_REPORT) writeFileSync(process.env.MOCHA_REPORT, JSON.stringify({ passes, failures }));
    });
  }
}
