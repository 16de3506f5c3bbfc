import { expect } from "chai";
import type { Outcome } from "./outcome.ts";
import { afterBeat, type Habits, newRider, nextStep, type Rider, type Step } from "./rider.ts";

const acknowledged = (version: bigint): Outcome => ({ kind: "acknowledged", version, isModified: true });
const unavailable: Outcome = { kind: "unknown", code: "UNAVAILABLE", isConnectionFailure: true };
const refused: Outcome = { kind: "refused", code: "INVALID_ARGUMENT" };

const always = { change: 0, leave: 0 };
const changing = { change: 1, leave: 0 };
const leaving = { change: 0, leave: 1 };

const draw = (): number => 0.5;
const step = (rider: Rider, habits: Habits = always): Step => nextStep(rider, habits, draw);
const answered = (rider: Rider, outcome: Outcome): Rider => afterBeat(rider, rider.wish, outcome, draw);

const joined = answered(newRider("u", "d"), acknowledged(1n));
const left = answered(step(joined, leaving).rider, acknowledged(2n));

describe("a rider", () => {
  it("given a habit of silence, when its beat is due, then it never beats again and says no goodbye", () => {
    const silent = step(joined, { change: 0, leave: 0, silence: 1 });
    expect(silent).to.deep.equal({ rider: { ...joined, isSilent: true }, isBeat: false });
    expect(step(silent.rider)).to.deep.equal(silent);
  });

  it("given nothing said yet, when its beat is due, then it joins online", () => {
    const { rider, isBeat } = step(newRider("u", "d"), leaving);
    expect(isBeat).to.equal(true);
    expect(rider.wish.isOnline).to.equal(true);
    expect(rider).to.include({ version: 0n, sequence: 1n });
  });

  it("given an acknowledged beat, when the next is due, then it says the same with the version of the reply", () => {
    const { rider } = step(joined);
    expect(rider).to.deep.include({ wish: joined.wish, version: 1n, acknowledged: joined.wish });
  });

  it("given the mood for a change, when a beat is due, then its profile is one it never had", () => {
    const once = answered(step(joined, changing).rider, acknowledged(2n));
    const twice = step(once, changing).rider;
    expect(new Set([joined, once, twice].map(({ wish }) => wish.profile.attr2)).size).to.equal(3);
  });

  it("given an acknowledged leave, when beats are due, then it is silent for some and comes back", () => {
    expect(left.wish.isOnline).to.equal(false);
    let { rider, isBeat } = step(left);
    expect(isBeat).to.equal(false);
    for (let i = 0; i < 3 && !isBeat; i += 1) ({ rider, isBeat } = step(rider));
    expect(isBeat).to.equal(true);
    expect(rider.wish).to.deep.equal({ ...left.wish, isOnline: true });
  });

  for (const outcome of [unavailable, refused]) {
    it(`given a leave that ended as ${outcome.kind}, when the next beat is due, then it says it again`, () => {
      const { rider, isBeat } = step(answered(step(joined, leaving).rider, outcome));
      expect(isBeat).to.equal(true);
      expect(rider.wish.isOnline).to.equal(false);
    });
  }

  it("given an unknown outcome, then what it said is remembered until a later beat is acknowledged", () => {
    const unsure = answered(step(joined, changing).rider, unavailable);
    expect(unsure).to.deep.include({ acknowledged: joined.wish, unknown: [unsure.wish], version: 1n });
    expect(answered(unsure, unavailable).unknown).to.have.length(1);
    expect(answered(unsure, acknowledged(3n))).to.deep.include({ acknowledged: unsure.wish, unknown: [], version: 3n });
  });

  it("given beats that failed, when they are said again, then each has a number of its own", () => {
    const again = step(answered(joined, unavailable)).rider;
    expect(step(answered(again, refused)).rider.sequence).to.equal(joined.sequence + 2n);
  });

  it("given a refusal, then nothing it said counts", () => {
    const changed = step(joined, changing).rider;
    expect(answered(changed, refused)).to.deep.equal(changed);
  });
});
