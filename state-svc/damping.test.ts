import { expect } from "chai";
import fc from "fast-check";
import { UserPresenceState, UserStatus } from "../gen/presence/v1/presence.ts";
import { withDevice } from "./aggregate.ts";
import { damped, dueAt, longestHoldMs, settled } from "./damping.ts";

const graceMs = 3000;

type Said = { readonly at: number; readonly device?: string; readonly is_online: boolean; readonly reason?: string };

/** A user whose devices say things, in virtual time; whoever is due is settled when time passes. */
const createUser = () => {
  let status = UserStatus.create();
  let version = 0n;
  const told: string[] = [];
  const take = (next: UserStatus, at: number): void => {
    if (next.is_online !== status.is_online) told.push(`${next.is_online ? "online" : "offline"} ${at / 1000}`);
    status = next;
  };
  const passTo = (now: number): void => {
    const at = dueAt(status);
    if (at === undefined || at > now) return;
    const next = settled(status, at);
    if (next !== undefined) take(next, at);
  };
  return {
    told,
    passTo,
    say({ at, device = "d", is_online, reason = "LEAVE" }: Said): void {
      passTo(at);
      version += 1n;
      const state = UserPresenceState.fromPartial({ user_id: "u", device_id: device, is_online, version });
      const next = withDevice(status, state);
      if (next !== undefined) take(damped(status, next, { isLeave: reason === "LEAVE", graceMs, now: at }), at);
    },
    get status() {
      return status;
    },
  };
};

describe("damped", () => {
  it("shows who comes at once, and who leaves after the grace", () => {
    const user = createUser();
    user.say({ at: 0, is_online: true });
    user.say({ at: 10_000, is_online: false });
    expect(user.status).to.include({ is_online: true, devices_online: 0, is_flapping: false });
    expect(dueAt(user.status)).to.equal(13_000);
    user.passTo(12_999);
    expect(user.told).to.deep.equal(["online 0"]);
    user.passTo(13_000);
    expect(user.told).to.deep.equal(["online 0", "offline 13"]);
    expect(user.status.offline_at).to.equal(undefined);
  });

  it("tells nothing of who comes back within the grace", () => {
    const user = createUser();
    user.say({ at: 0, is_online: true });
    user.say({ at: 10_000, is_online: false });
    user.say({ at: 12_500, is_online: true, device: "other" });
    user.passTo(1_000_000);
    expect(user.told).to.deep.equal(["online 0"]);
    expect(user.status).to.include({ is_online: true, devices_online: 1 });
  });

  it("has no grace for a device that fell silent", () => {
    const user = createUser();
    user.say({ at: 0, is_online: true });
    user.say({ at: 10_000, is_online: false, reason: "TIMEOUT" });
    expect(user.told).to.deep.equal(["online 0", "offline 10"]);
  });

  it("keeps the profile that is shown until the going is told", () => {
    const online = { ...UserStatus.create(), is_online: true, devices_online: 1 };
    const before = { ...online, profile: { attr1: "shown", attr2: "", attributes: {} } };
    const gone = { ...UserStatus.create(), profile: { attr1: "of all", attr2: "", attributes: {} } };
    const held = damped(before, gone, { isLeave: true, graceMs, now: 0 });
    expect(held.profile?.attr1).to.equal("shown");
  });

  it("tells no more than five changes of who comes and goes all the time, and the truth within a minute after", () => {
    const user = createUser();
    for (let i = 0; i < 20; i++) user.say({ at: i * 4000, is_online: i % 2 === 0, reason: "TIMEOUT" });
    expect(user.told).to.deep.equal(["online 0", "offline 4", "online 8", "offline 12", "online 16"]);
    expect(user.status).to.include({ is_online: true, devices_online: 0, is_flapping: true });
    user.passTo(19 * 4000 + longestHoldMs);
    expect(user.told.at(-1)).to.equal("offline 136");
    expect(user.status.is_flapping).to.equal(false);
    user.say({ at: 300_000, is_online: true });
    user.say({ at: 301_000, is_online: false });
    expect(dueAt(user.status)).to.equal(304_000);
  });

  it("holds back for longer the more there is of it", () => {
    const user = createUser();
    const holds: number[] = [];
    for (let i = 0; i < 12; i++) {
      const at = i * 3000;
      user.say({ at, is_online: i % 2 === 0 });
      const due = dueAt(user.status);
      if (due !== undefined) holds.push(due - at);
    }
    expect(holds).to.deep.equal([3000, 3000, 15_000, 30_000, 60_000, 60_000]);
    expect(user.status.transitions).to.have.length(10);
  });

  it("takes a time that a clock told, which was set back since, for over", () => {
    const user = createUser();
    user.say({ at: 3_600_000, is_online: true });
    user.say({ at: 3_601_000, is_online: false });
    expect(settled(user.status, 3_601_500)).to.equal(undefined);
    expect(settled(user.status, 1000)).to.include({ is_online: false });
  });

  it("shows nobody offline while a device is there, and nobody online for ever", () => {
    const steps = fc.array(
      fc.record({
        afterMs: fc.integer({ min: 0, max: 30_000 }),
        device: fc.constantFrom("a", "b"),
        is_online: fc.boolean(),
        reason: fc.constantFrom("LEAVE", "TIMEOUT"),
      }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(steps, (given) => {
        const user = createUser();
        let at = 0;
        for (const { afterMs, ...said } of given) {
          at += afterMs;
          user.say({ ...said, at });
          if (user.status.devices_online > 0) expect(user.status.is_online).to.equal(true);
        }
        const due = dueAt(user.status);
        if (due !== undefined) expect(due).to.be.at.most(at + longestHoldMs);
        user.passTo(at + longestHoldMs);
        expect(user.status.is_online).to.equal(user.status.devices_online > 0);
      }),
    );
  });
});
