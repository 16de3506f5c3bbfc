import { expect } from "chai";
import fc from "fast-check";
import { UserPresenceState, UserStatus } from "../gen/presence/v1/presence.ts";
import { withDevice } from "./aggregate.ts";

const device = (device_id: string, version: bigint, is_online: boolean, attr1 = ""): UserPresenceState =>
  UserPresenceState.fromPartial({
    user_id: "u",
    device_id,
    version,
    is_online,
    profile: { attr1, attributes: { [device_id]: attr1 } },
    last_seen: { seconds: version, nanos: 0 },
  });

const statusAfter = (...states: readonly UserPresenceState[]): UserStatus =>
  states.reduce<UserStatus>((status, state) => withDevice(status, state) ?? status, UserStatus.create());

describe("withDevice", () => {
  it("holds a user online while any device is", () => {
    expect(statusAfter(device("a", 1n, true), device("b", 2n, true))).to.include({
      is_online: true,
      devices_online: 2,
    });
    expect(statusAfter(device("a", 1n, true), device("b", 2n, true), device("a", 3n, false))).to.include({
      is_online: true,
      devices_online: 1,
    });
    expect(statusAfter(device("a", 1n, true), device("a", 3n, false)).is_online).to.equal(false);
  });

  it("merges the profiles of the devices that are online, the last change over the others", () => {
    const status = statusAfter(device("a", 1n, true, "x"), device("b", 2n, true, "y"), device("c", 3n, false, "z"));
    expect(status.profile).to.deep.include({ attr1: "y", attributes: { a: "x", b: "y" } });
    expect(statusAfter(device("a", 1n, false, "x"), device("b", 2n, false)).profile?.attr1).to.equal("x");
  });

  it("comes to the same in any order, with duplicates", () => {
    const states = fc.array(
      fc
        .tuple(fc.constantFrom("a", "b", "c"), fc.bigInt({ min: 1n, max: 20n }))
        .map(([id, version]) =>
          device(id, version * 4n + BigInt(id.charCodeAt(0) - 97), version % 3n !== 0n, `${version}`),
        ),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(states, fc.infiniteStream(fc.nat()), (given, order) => {
        const keyed = [...given, ...given.slice(0, 4)].map((state) => ({ state, at: order.next().value ?? 0 }));
        const shuffled = keyed.toSorted((a, b) => a.at - b.at).map(({ state }) => state);
        expect(statusAfter(...shuffled)).to.deep.equal(statusAfter(...given));
      }),
    );
  });

  it("keeps 100 devices, and forgets the offline ones that changed longest ago", () => {
    const many = Array.from({ length: 130 }, (_, i) => device(`d${i}`, BigInt(i + 1), i < 10));
    const { devices, devices_online } = statusAfter(...many);
    expect(devices).to.have.length(100);
    expect(devices_online).to.equal(10);
    expect(devices.map(({ device_id }) => device_id)).to.include.members(["d0", "d9", "d129"]);
  });
});
