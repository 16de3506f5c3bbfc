import { expect } from "chai";
import { grantedLeaseMs, intervalOf, leaseProfiles } from "./lease-profile.ts";

describe("lease profiles", () => {
  it("have leases of 2.5 intervals", () => {
    const seconds = Object.entries(leaseProfiles).map(([name, { leaseMs }]) => [
      name,
      intervalOf(leaseMs) / 1000,
      leaseMs / 1000,
    ]);
    expect(seconds).to.deep.equal([
      ["live", 10, 25],
      ["default", 30, 75],
      ["iot", 300, 750],
      ["short", 1, 2.5],
    ]);
  });

  for (const [name, profile] of Object.entries(leaseProfiles)) {
    describe(name, () => {
      it("keeps a wish of the caller within its bounds", () => {
        const { leaseMs, minLeaseMs, maxLeaseMs } = profile;
        expect(grantedLeaseMs(profile, {})).to.equal(leaseMs);
        expect(grantedLeaseMs(profile, { ttlMs: 20_000.4 })).to.equal(20_000);
        for (const ttlMs of [0, -1, minLeaseMs - 1]) expect(grantedLeaseMs(profile, { ttlMs })).to.equal(minLeaseMs);
        for (const ttlMs of [maxLeaseMs + 1, 1e15]) expect(grantedLeaseMs(profile, { ttlMs })).to.equal(maxLeaseMs);
      });

      it("holds a device in the background for 75 s at least, whatever it asks for", () => {
        const isBackground = true;
        expect(grantedLeaseMs(profile, { isBackground })).to.be.at.least(75_000);
        expect(grantedLeaseMs(profile, { isBackground, ttlMs: 1 })).to.equal(75_000);
        expect(grantedLeaseMs(profile, { isBackground, ttlMs: 200_000 })).to.equal(200_000);
      });
    });
  }
});
