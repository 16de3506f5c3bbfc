import { expect } from "chai";
import { isServed, type Slot, shareOf } from "./fault-window.ts";

const slot = (at: number, acknowledged: number, connectionFailures = 0): Slot => ({
  at,
  beats: 100,
  acknowledged,
  connectionFailures,
});

describe("the share of beats that were served", () => {
  const slots = [slot(0, 100), slot(1000, 50), slot(2000, 0, 3), slot(3000, 90), slot(4000, 99)];

  it("counts every beat without a window", () => {
    expect(shareOf(slots, 0)).to.deep.equal({ beats: 500, acknowledged: 339, excused: 0 });
  });

  it("excuses beats that started near a connection failure, before it and after it", () => {
    expect(shareOf(slots, 1000)).to.deep.equal({ beats: 200, acknowledged: 199, excused: 300 });
  });

  it("excuses nothing when no connection failed", () => {
    expect(shareOf([slot(0, 0)], 1000)).to.deep.equal({ beats: 100, acknowledged: 0, excused: 0 });
  });

  it("is enough from 99 of 100 on", () => {
    expect(isServed({ beats: 100, acknowledged: 99, excused: 0 })).to.equal(true);
    expect(isServed({ beats: 100, acknowledged: 98, excused: 0 })).to.equal(false);
  });
});
