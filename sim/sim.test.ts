import { expect } from "chai";
import { type PlantedBug, plantedBugs } from "./composition.ts";
import { type Scenario, scenarioOf } from "./faults.ts";
import { readKept } from "./kept.ts";
import { forgetting, readRegisterModel } from "./register-model.ts";
import { runSeed } from "./run-seed.ts";

/** Of a quick look; `make test` simulates thousands beside its tests, and `make sim` as many as it is told. */
const seeds = 20;
/** Finds the bug as the protocol is now. It is tried first; should it no longer find it, others within 1,000 have to. */
const finder: Readonly<Record<PlantedBug, number>> = {
  "no fence": 211,
  "reply before publish": 32,
  "expiry by one alone": 241,
};
/** Tombstones leave memory after seconds there: no write may be on its way for longer, and no clock be wrong for longer. */
const tooLong: ReadonlySet<Scenario> = new Set(["pause", "skew", "broker-clock", "mixed", "outage"]);

describe("the simulated register and its leases", () => {
  const model = readRegisterModel();
  const stackTraceLimit = Error.stackTraceLimit;
  before(() => {
    // Refusals are thrown by the thousand, and nobody reads where.
    Error.stackTraceLimit = 0;
  });
  after(() => {
    Error.stackTraceLimit = stackTraceLimit;
  });

  it(`keeps every invariant over ${seeds} seeds`, async () => {
    for (let seed = 0; seed < seeds; seed++) {
      const { violations } = await runSeed({ seed }, model);
      expect(violations, `seed ${seed}`).to.deep.equal([]);
    }
  }).timeout(300_000);

  it("keeps every invariant while devices are forgotten and come back", async () => {
    const forgetful = readRegisterModel(forgetting.afterMs);
    for (let seed = 500; seed < 560; seed++) {
      if (tooLong.has(scenarioOf(seed))) continue;
      const { violations } = await runSeed({ seed }, forgetful);
      expect(violations, `seed ${seed}`).to.deep.equal([]);
    }
  }).timeout(300_000);

  it("gives the same verdict for the same seed", async () => {
    const [one, other] = [await runSeed({ seed: 13 }, model), await runSeed({ seed: 13 }, model)];
    expect(one.detections).to.deep.equal(other.detections);
    expect(one.edges).to.equal(other.edges);
  });

  for (const { seed, faults, note } of readKept()) {
    it(`keeps them where it once did not: seed ${seed}, ${note}`, async () => {
      expect((await runSeed({ seed, faults }, model)).violations).to.deep.equal([]);
    });
  }

  for (const bug of plantedBugs) {
    it(`finds within 1,000 seeds: ${bug}`, async () => {
      for (const seed of [finder[bug], ...Array.from({ length: 1000 }, (_, n) => n)]) {
        if ((await runSeed({ seed, bug }, model)).violations.length > 0) return;
      }
      expect.fail(`no seed below 1000 breaks an invariant with the bug "${bug}"`);
    }).timeout(300_000);
  }
});
