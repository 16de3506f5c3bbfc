import { expect } from "chai";
import { createForgottenKeys } from "./forgotten-keys.ts";
import { createLeaseKeys, Standing } from "./lease-keys.ts";
import { type Change, type Entry, fold, hasWon, nothing } from "./register.ts";
import { createRegisterFold } from "./register-fold.ts";

const value = (text: string) => ({ text });
const change = (version: bigint, base: bigint | undefined, text?: string): Change => ({
  version,
  base,
  value: text === undefined ? undefined : value(text),
});

describe("forgotten keys", () => {
  it("are given back once, when their time is over", () => {
    const keys = createForgottenKeys(1000);
    const dropped: string[] = [];
    const drop = (key: string, version: bigint): void => void dropped.push(`${key} ${version}`);
    keys.add("a", 1n, 0);
    keys.add("b", 2n, 500);
    keys.add("a", 3n, 800);
    keys.due(1499, drop);
    expect(dropped).to.deep.equal([]);
    keys.due(1500, drop);
    keys.due(1800, drop);
    keys.due(9999, drop);
    expect(dropped).to.deep.equal(["b 2", "a 3"]);
  });

  it("leave the fold only while they hold nothing, and nobody waits for them", async () => {
    const register = createRegisterFold((a, b) => a === b);
    register.take("k", change(10n, 0n, "here"), "w1");
    expect(register.drop("k", 10n)).to.equal(false);
    register.take("k", change(11n, 10n), "w2");
    expect(register.drop("k", 10n)).to.equal(false);
    const { cancel } = register.expect("k", "w3");
    expect(register.drop("k", 11n)).to.equal(false);
    cancel();
    register.doubt("k", "w4", 12n);
    expect(register.drop("k", 11n)).to.equal(false);
    register.take("k", change(9n, 0n, "late"), "w4");
    expect(register.drop("k", 11n), "its last record is not its winner").to.equal(false);
    register.take("k", change(11n, 10n), "w2");
    expect(register.drop("k", 11n)).to.equal(true);
    expect(register.get("k")).to.equal(nothing);
    expect(register.size).to.equal(0);
  });

  it("give their place in the leases to others", () => {
    const keys = createLeaseKeys();
    const slot = keys.slotOf("a");
    keys.set("beatAt", slot, 5);
    keys.set("endSession", slot, 7);
    keys.stand(slot, Standing.ended);
    keys.free("a");
    expect(keys.find("a")).to.equal(undefined);
    expect(keys.keyOf(slot)).to.equal("");
    expect(keys.slotOf("b")).to.equal(slot);
    expect(keys.keyOf(slot)).to.equal("b");
    expect(keys.standing(slot)).to.equal(Standing.unknown);
    expect(keys.get("beatAt", slot)).to.deep.equal(Number.NaN);
    expect(keys.get("endSession", slot)).to.equal(0);
    expect(keys.slotOf("c")).not.to.equal(slot);
  });
});

describe("a tombstone in the register's log", () => {
  const held: Entry = { version: 10n, value: value("offline"), isDisputed: false };
  const tombstone = change(11n, 10n);

  it("wins over the version it was made from, and over no other", () => {
    expect(fold(held, tombstone)).to.deep.equal({ version: 11n, value: undefined, isDisputed: false });
    const back: Entry = { version: 20n, value: value("online"), isDisputed: false };
    expect(fold(back, tombstone)).to.equal(back);
  });

  it("is nothing to make a first change from, whether or not it is remembered", () => {
    const remembered = fold(held, tombstone);
    for (const [before, base] of [
      [remembered, 11n],
      [remembered, 0n],
      [nothing, 0n],
    ] as const) {
      const first = change(30n, base, "online");
      expect(fold(before, first)).to.deep.equal({ version: 30n, value: first.value, isDisputed: false });
      expect(hasWon(first, before)).to.equal(true);
    }
    expect(fold(nothing, change(30n, 11n, "online"))).to.include({ isDisputed: false });
  });

  it("sends back who made a change from what it ended", () => {
    const remembered = fold(held, tombstone);
    const late = change(30n, 10n, "online");
    expect(hasWon(late, remembered)).to.equal(false);
    const disputed = fold(remembered, late);
    expect(disputed).to.include({ isDisputed: true, value: undefined });
    expect(hasWon(change(31n, 30n, "online"), disputed)).to.equal(true);
  });
});
