import { expect } from "chai";
import { newRider, type Rider } from "./rider.ts";
import type { Said } from "./said.ts";
import { isKept, isSettled, judge, type Row } from "./verdict.ts";

const { wish } = newRider("u", "d");
const changed: Said = { ...wish, profile: { ...wish.profile, attributes: { bike: "new" } } };
const offline: Said = { ...wish, isOnline: false };

const rider = (acknowledged: Said | undefined, ...unknown: Said[]): Rider => ({
  ...newRider("u", "d"),
  acknowledged,
  unknown,
});
const row = (said: Said): Row => ({ userId: "u", deviceId: "d", ...said });

describe("the verdict", () => {
  it("given what was acknowledged last, then nothing is lost", () => {
    const verdict = judge([rider(changed)], [row(changed)]);
    expect(verdict).to.deep.equal({ compared: 1, lost: [], unknown: 0, missing: [], neverAcknowledged: [] });
    expect(isKept(verdict)).to.equal(true);
  });

  it("given a silent rider, then it is kept when it is shown offline, and lost while it is shown online", () => {
    const silent = { ...rider(wish), isSilent: true };
    expect(isKept(judge([silent], [row(offline)]))).to.equal(true);
    expect(judge([silent], [row(wish)]).lost).to.deep.equal([
      { userId: "u", expected: offline, found: row(wish), isFalselyOffline: false },
    ]);
  });

  it("given an older profile, then the change is lost", () => {
    const verdict = judge([rider(changed)], [row(wish)]);
    expect(verdict.lost).to.deep.equal([{ userId: "u", expected: changed, found: row(wish), isFalselyOffline: false }]);
    expect(isKept(verdict)).to.equal(false);
  });

  it("given an offline row of an online rider, then it is lost as falsely offline", () => {
    expect(judge([rider(wish)], [row(offline)]).lost[0]).to.deep.include({ isFalselyOffline: true });
  });

  it("given an online row of a rider that left, then it is lost", () => {
    expect(judge([rider(offline)], [row(wish)]).lost[0]).to.deep.include({ isFalselyOffline: false });
  });

  it("given a later attempt of unknown outcome, then either is right", () => {
    const unsure = [rider(wish, changed, offline)];
    expect(judge(unsure, [row(wish)])).to.deep.include({ compared: 1, lost: [], unknown: 0 });
    expect(judge(unsure, [row(changed)])).to.deep.include({ compared: 1, lost: [], unknown: 1 });
    expect(judge(unsure, [row(offline)])).to.deep.include({ compared: 1, lost: [], unknown: 1 });
  });

  it("given neither the acknowledged nor a later attempt, then it is lost", () => {
    expect(judge([rider(changed, offline)], [row(wish)]).lost).to.have.length(1);
  });

  it("given no row, then the rider is missing, whatever was attempted later", () => {
    const verdict = judge([rider(wish, changed)], [{ ...row(wish), deviceId: "another" }]);
    expect(verdict).to.deep.include({ compared: 0, missing: ["u"] });
    expect(isSettled(verdict)).to.equal(false);
  });

  it("given a rider that was never acknowledged, then there is nothing to wait for, and it fails", () => {
    const verdict = judge([rider(undefined, wish)], [row(wish)]);
    expect(verdict).to.deep.include({ compared: 0, neverAcknowledged: ["u"] });
    expect(isSettled(verdict)).to.equal(true);
    expect(isKept(verdict)).to.equal(false);
  });
});
