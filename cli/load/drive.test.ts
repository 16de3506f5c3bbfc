import { setTimeout as delay } from "node:timers/promises";
import { expect } from "chai";
import { createCalendar } from "./calendar.ts";
import { drive, type Plan } from "./drive.ts";
import { createHistogram } from "./histogram.ts";
import type { Beat, MeshClient } from "./mesh-client.ts";
import { readDuration, readShare } from "./options.ts";
import { createTally } from "./tally.ts";

const plan: Plan = {
  riders: 1,
  durationMs: 300,
  rampMs: 0,
  intervalMs: 20,
  deadlineMs: 1000,
  maxOpen: 100,
  habits: { change: 0, leave: 0 },
  prefix: "",
  seed: 1,
};

/** Answers each beat after a while, and remembers how many were under way at once. */
const slowMesh = (answerMs: number): MeshClient & { readonly beats: Beat[]; readonly most: () => number } => {
  const beats: Beat[] = [];
  let open = 0;
  let most = 0;
  return {
    beats,
    most: () => most,
    async beat(beat) {
      open += 1;
      most = Math.max(most, open);
      beats.push(beat);
      await delay(answerMs);
      open -= 1;
      return { kind: "acknowledged", version: BigInt(beats.length), isModified: false };
    },
    users: async () => [],
    close: () => {},
  };
};

const { signal } = new AbortController();

describe("the drive", () => {
  it("has at most one beat of a rider under way, and measures the wait for it", async () => {
    const mesh = slowMesh(100);
    const tally = createTally();
    await drive(plan, mesh, tally, signal);
    expect(mesh.most()).to.equal(1);
    expect(tally.counts.late).to.be.greaterThan(0);
    expect(tally.latency.quantile(1)).to.be.greaterThan(150);
    expect(mesh.beats.map(({ version }) => Number(version))).to.deep.equal(mesh.beats.map((_, i) => i));
  });

  it("reports as overload what exceeds the bound, and does not slow down", async () => {
    const mesh = slowMesh(1000);
    const tally = createTally();
    await drive({ ...plan, riders: 50, maxOpen: 10 }, mesh, tally, signal);
    expect(mesh.most()).to.equal(10);
    expect(tally.counts.errors.get("OVERLOAD")).to.be.greaterThan(300);
  });

  it("gives up on what still waits a deadline after the end", async () => {
    const mesh = slowMesh(100);
    const tally = createTally();
    await drive({ ...plan, deadlineMs: 200 }, mesh, tally, signal);
    expect(mesh.beats.length).to.be.within(4, 6);
    expect(tally.counts.beats - mesh.beats.length).to.equal(tally.counts.errors.get("OVERLOAD"));
  });

  it("ends early when told to", async () => {
    const mesh = slowMesh(1);
    await drive({ ...plan, durationMs: 60_000 }, mesh, createTally(), AbortSignal.timeout(50));
    expect(mesh.beats).not.to.have.length(0);
  });
});

describe("the calendar", () => {
  it("gives each thing once, when it is due", () => {
    const calendar = createCalendar();
    for (const at of [5, 9.5, 25, 3]) calendar.add({ at, rider: at });
    const ridersUntil = (until: number): number[] => calendar.take(until).map(({ rider }) => rider);
    expect(ridersUntil(5)).to.have.members([5, 3]);
    expect(ridersUntil(12)).to.deep.equal([9.5]);
    calendar.add({ at: 1, rider: 1 });
    expect(ridersUntil(30)).to.have.members([1, 25]);
    expect(ridersUntil(100)).to.deep.equal([]);
  });
});

describe("the histogram", () => {
  it("tells quantiles to 2 %", () => {
    const histogram = createHistogram();
    expect(histogram.quantile(0.5)).to.equal(undefined);
    for (let i = 1; i <= 1000; i += 1) histogram.record(i);
    expect(histogram.quantile(0.5)).to.be.within(500, 510);
    expect(histogram.quantile(0.999)).to.be.within(999, 1019);
  });
});

describe("the options", () => {
  it("read durations and shares as they are written", () => {
    expect(["500ms", "30s", "2m", "3"].map(readDuration)).to.deep.equal([500, 30_000, 120_000, 3000]);
    expect(["1%", "0.5%", "0.25"].map(readShare)).to.deep.equal([0.01, 0.005, 0.25]);
    for (const bad of ["", "s", "-1s", "1h"]) expect(() => readDuration(bad)).to.throw();
    for (const bad of ["", "101%", "2", "x"]) expect(() => readShare(bad)).to.throw();
  });
});
