import { expect } from "chai";
import fc from "fast-check";
import { type Entry, judge, merge, nothing } from "./register.ts";
import { createRegisterFold } from "./register-fold.ts";

/** Versions never tie, so equal versions are equal entries. */
const entry = fc.bigInt({ min: 0n, max: 50n }).map((version): Entry => ({ version, value: { version } }));

describe("merge", () => {
  it("is commutative, associative and idempotent", () => {
    fc.assert(
      fc.property(entry, entry, entry, (a, b, c) => {
        expect(merge(a, b).version).to.equal(merge(b, a).version);
        expect(merge(merge(a, b), c).version).to.equal(merge(a, merge(b, c)).version);
        expect(merge(a, a)).to.equal(a);
      }),
    );
  });
});

describe("createRegisterFold", () => {
  it("comes to the same entries in any order of delivery, with duplicates", () => {
    const records = fc.array(fc.tuple(fc.constantFrom("a", "b"), entry), { maxLength: 20 });
    fc.assert(
      fc.property(records, fc.infiniteStream(fc.nat()), (log, choices) => {
        const shuffled = [...log, ...log.slice(0, 5)].toSorted(() => ((choices.next().value ?? 0) % 2) * 2 - 1);
        const [one, other] = [createRegisterFold(), createRegisterFold()];
        for (const [key, value] of log) one.fold(key, value);
        for (const [key, value] of shuffled) other.fold(key, value);
        for (const key of ["a", "b"]) expect(one.get(key).version).to.equal(other.get(key).version);
      }),
    );
  });

  it("tells who waits for an own change how it was read back", async () => {
    const register = createRegisterFold();
    const { settled } = register.expect("k", 5n, 0n);
    register.fold("k", { version: 5n, value: {} });
    expect(await settled).to.deep.equal({ kind: "won" });
  });

  it("tells who waits for a version when it, or a higher one, has come", async () => {
    const register = createRegisterFold();
    const { reached } = register.reach("k", 5n);
    register.fold("k", { version: 4n, value: {} });
    register.fold("k", { version: 6n, value: {} });
    await reached;
    expect(register.get("k").version).to.equal(6n);
  });

  it("keeps a key in doubt until the doubtful write or a later one is read", () => {
    const register = createRegisterFold();
    register.doubt("k", 5n);
    register.fold("k", { version: 4n, value: {} });
    expect(register.isInDoubt("k")).to.equal(true);
    register.fold("k", { version: 5n, value: {} });
    expect(register.isInDoubt("k")).to.equal(false);
  });
});

describe("judge", () => {
  const base: Entry = { version: 3n, value: { name: "base" } };
  const foreign: Entry = { version: 4n, value: { name: "foreign" } };

  it("acknowledges a change that won on its own base", () => {
    expect(judge({ version: 5n, value: {} }, 3n, base)).to.deep.equal({ kind: "won" });
    expect(judge({ version: 5n, value: {} }, 0n, nothing)).to.deep.equal({ kind: "won" });
  });

  it("runs the command again on a foreign change it has hidden, and makes it write", () => {
    const readBack = judge({ version: 5n, value: {} }, 3n, foreign);
    expect(readBack).to.deep.equal({ kind: "overtaken", basis: foreign, mustWrite: true });
  });

  it("runs the command again on a foreign change that stands above it", () => {
    const readBack = judge({ version: 4n, value: {} }, 3n, { version: 9n, value: {} });
    expect(readBack).to.include({ kind: "overtaken", mustWrite: false });
  });
});
