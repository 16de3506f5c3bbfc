import { randomInt } from "node:crypto";
import { expect } from "chai";
import { stageOf } from "../../chaos/mesh-stage.ts";
import { lostOf, type Ride, runRound } from "../../chaos/run-round.ts";
import { reportOf } from "../../cli/load/report.ts";
import type { Mesh } from "../support/mesh.ts";
import type { Part } from "../support/mesh-part.ts";
import { useMesh } from "../support/mesh-suite.ts";

const ride: Ride = {
  riders: 250,
  intervalMs: 1000,
  rampMs: 1000,
  habits: { change: 0.05, leave: 0.03 },
  from: 1500,
  until: 3000,
  after: 1000,
};

const faults: readonly (readonly [what: string, parts: (mesh: Mesh) => readonly Part[]])[] = [
  ["heartbeat-svc", ({ heartbeat }) => heartbeat],
  // Together: each takes 10 s until the place of the killed one in its group is free.
  ["state-svc and view-svc", ({ state, view }) => [...state, ...view]],
  ["the broker", ({ kafka }) => kafka.brokers],
  ["mongod", ({ mongod }) => mongod.members],
];

describe("faults under load", () => {
  const mesh = useMesh();

  for (const [what, partsOf] of faults) {
    it(`loses nothing at a kill -9 of ${what}`, async function () {
      this.timeout(120_000);
      const begin = async (): Promise<readonly Part[]> => {
        const parts = partsOf(mesh());
        await Promise.all(parts.map((part) => part.kill("SIGKILL")));
        return parts;
      };
      const seed = randomInt(2 ** 31);
      const { result, findings, diagnosis } = await runRound(stageOf(mesh(), { begin }), ride, seed, () => {});
      const report = `seed ${seed}\n${reportOf(result)}\n${diagnosis}`;
      expect(lostOf(result), report).to.deep.equal([]);
      expect(findings, report).to.deep.equal([]);
      expect(result.settled.verdict.compared, report).to.equal(ride.riders);
      expect(result.tally.counts.beats / (result.durationMs / 1000), report).to.be.at.least(200);
      expect(result.tally.counts.changed, report).to.be.greaterThan(ride.riders);
    });
  }
});
