import { appendFileSync } from "node:fs";
import { lateOf, sourceOf } from "./reporter.mjs";

// A process of `mocha --parallel` that is between two files has nobody who hears of an error: it would end, and the run
// with it, without a report of the files before. What is thrown then is a failure of the last of them.

let file = "";

/** Of every file. */
export const mochaHooks = {
  beforeAll() {
    file = this.test.parent.suites[0]?.file ?? file;
  },
};

/** Hears of promises that nobody awaits, too. While a file runs, mocha listens. */
const tell = (error, origin) => {
  if (process.emit("uncaughtException", error, origin)) return;
  const text = `${sourceOf(file)}: after its tests\n    ${error?.stack ?? error}`;
  process.stderr.write(`${text}\n`);
  appendFileSync(lateOf(process.env.MOCHA_REPORT), `${JSON.stringify(text)}\n`);
};

if (process.env.MOCHA_WORKER_ID !== undefined) process.setUncaughtExceptionCaptureCallback(tell);
