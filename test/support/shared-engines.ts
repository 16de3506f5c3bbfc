import { type SharedEngines, type StartedEngines, startEngines } from "./start-engines.ts";

let started: Promise<StartedEngines> | undefined;

/** Those of the run, which `test/run-all.ts` started for all its processes. */
const ofTheRun = (): SharedEngines | undefined =>
  process.env.TEST_ENGINES === undefined ? undefined : (JSON.parse(process.env.TEST_ENGINES) as SharedEngines);

/**
 * One Kafka and one mongod for all suites that only need some: those of the run, else they start with the first suite,
 * and end with the process. A suite that stops or configures an engine starts its own.
 */
export const useSharedEngines = (): (() => SharedEngines) => {
  let engines: SharedEngines | undefined;
  before(async function () {
    // The first run downloads them.
    this.timeout(180_000);
    engines = ofTheRun();
    if (engines !== undefined) return;
    started ??= startEngines();
    engines = await started;
  });
  return () => {
    if (engines === undefined) throw new Error("the engines are there only inside tests");
    return engines;
  };
};

// Registered where the file is first loaded, which is outside of every suite.
after(async function () {
  this.timeout(30_000);
  await (await started)?.close();
});
