import { expect } from "chai";
import fc from "fast-check";
import { type Change, type Entry, fold, hasWon, nothing } from "./register.ts";
import { createRegisterFold } from "./register-fold.ts";

const change = (version: bigint, base?: bigint): Change => ({ version, value: { version }, base });
/** Changes of authors that do not tell what they were made from: only versions count. */
const changes = fc.array(
  fc.bigInt({ min: 1n, max: 50n }).map((version) => change(version)),
  { maxLength: 20 },
);
const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a, text) === JSON.stringify(b, text);
const text = (_: string, value: unknown): unknown => (typeof value === "bigint" ? String(value) : value);

const foldAll = (log: readonly Change[]): Entry => log.reduce(fold, nothing);

describe("fold", () => {
  it("comes to the highest version in any order, with duplicates", () => {
    fc.assert(
      fc.property(changes, fc.nat(), (log, seed) => {
        const shuffled = [...log, ...log.slice(0, 5)].toSorted(
          (a, b) => Number((a.version * 7919n + BigInt(seed)) % 11n) - Number((b.version * 7919n + BigInt(seed)) % 11n),
        );
        expect(foldAll(shuffled)).to.deep.equal(foldAll(log));
      }),
    );
  });

  it("takes a change that was made from what stands", () => {
    const before = fold(nothing, change(3n, 0n));
    expect(fold(before, change(5n, 3n))).to.deep.equal({ version: 5n, value: { version: 5n }, isDisputed: false });
  });

  it("keeps the value that a change made from an older one would undo", () => {
    const acknowledged = fold(fold(nothing, change(3n, 0n)), change(4n, 3n));
    const disputed = fold(acknowledged, change(5n, 3n));
    expect(disputed).to.deep.equal({ version: 5n, value: { version: 4n }, isDisputed: true });
    expect(fold(disputed, change(6n, 5n))).to.include({ version: 6n, isDisputed: false });
  });

  it("takes the first record of a key whatever it was made from: a compacted log has no other", () => {
    expect(fold(nothing, change(5n, 3n))).to.deep.include({ version: 5n, value: { version: 5n }, isDisputed: false });
  });

  it("lets only a change win that lies above the entry it was made from", () => {
    const before = fold(nothing, change(3n, 0n));
    expect(hasWon(change(5n, 3n), before)).to.equal(true);
    expect(hasWon(change(5n, 2n), before)).to.equal(false);
    expect(hasWon(change(3n, 3n), before)).to.equal(false);
  });

  it("never loses what a change that won has said, until another one wins", () => {
    const bases = fc.array(fc.tuple(fc.nat(3), fc.bigInt({ min: 1n, max: 3n })), { maxLength: 20 });
    fc.assert(
      fc.property(bases, (steps) => {
        let entry = nothing;
        let lastWinner: unknown;
        const versions = [0n];
        for (const [back, step] of steps) {
          const next = change(entry.version + step, versions.at(-1 - Math.min(back, versions.length - 1)));
          if (hasWon(next, entry)) lastWinner = next.value;
          const isFirst = entry.version === 0n;
          entry = fold(entry, next);
          if (isFirst) lastWinner = entry.value;
          versions.push(entry.version);
          expect(entry.value).to.equal(lastWinner);
        }
      }),
    );
  });
});

describe("createRegisterFold", () => {
  it("tells who waits for an own change whether it won", async () => {
    const register = createRegisterFold(isSame);
    const first = register.expect("k", "me/0");
    register.take("k", change(5n, 0n), "me/0");
    expect(await first.settled).to.equal(true);
    const second = register.expect("k", "me/1");
    register.take("k", change(6n, 5n), "you/0");
    register.take("k", change(7n, 5n), "me/1");
    expect(await second.settled).to.equal(false);
  });

  it("does not take another's record of the same version for its own", async () => {
    const register = createRegisterFold(isSame);
    const own = register.expect("k", "me/0");
    register.take("k", change(5n, 0n), "you/0");
    register.take("k", { ...change(5n, 0n), value: { name: "mine" } }, "me/0");
    expect(await own.settled).to.equal(false);
    expect(register.get("k").value).to.deep.equal({ version: 5n });
  });

  it("tells who waits for a version when it, or a higher one, has come", async () => {
    const register = createRegisterFold(isSame);
    const { reached } = register.reach("k", 5n);
    register.take("k", change(4n), undefined);
    register.take("k", change(6n), undefined);
    await reached;
    expect(register.get("k").version).to.equal(6n);
  });

  it("keeps a key in doubt until the doubtful record or a higher version is read", () => {
    const register = createRegisterFold(isSame);
    register.doubt("k", "me/0", 5n);
    register.take("k", change(4n), "you/0");
    expect(register.doubtOf("k", register.get("k"))).to.equal("unknown");
    expect(register.highestVersion("k")).to.equal(5n);
    register.take("k", change(5n), "me/0");
    expect(register.doubtOf("k", register.get("k"))).to.equal(undefined);
  });

  it("names the keys whose last record is not what they hold, until one says that", () => {
    const register = createRegisterFold(isSame);
    register.take("k", change(3n, 0n), "a/0");
    expect([...register.unsettled]).to.deep.equal([]);
    register.take("k", change(2n, 0n), "b/0");
    expect([...register.unsettled]).to.deep.equal(["k"]);
    register.take("k", change(3n), undefined);
    expect([...register.unsettled]).to.deep.equal([]);
    register.take("k", { ...change(3n), value: { name: "another of the same version" } }, "c/0");
    expect([...register.unsettled]).to.deep.equal(["k"]);
    register.take("k", change(4n, 3n), "b/1");
    expect([...register.unsettled]).to.deep.equal([]);
    register.take("k", change(5n, 3n), "a/1");
    expect([...register.unsettled]).to.deep.equal(["k"]);
    register.take("k", change(6n, 5n), "a/2");
    expect([...register.unsettled]).to.deep.equal([]);
  });

  it("comes to the same from a compacted log as from the whole, where nothing is unsettled", () => {
    const step = fc.tuple(fc.constantFrom("a", "b"), fc.bigInt({ min: 1n, max: 9n }), fc.bigInt({ min: 0n, max: 9n }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const whole = createRegisterFold(isSame);
        const last = new Map<string, Change>();
        for (const [key, version, base] of steps) {
          whole.take(key, change(version, base), undefined);
          last.set(key, change(version, base));
        }
        const compacted = createRegisterFold(isSame);
        for (const [key, each] of last) {
          if (whole.unsettled.has(key)) continue;
          compacted.take(key, each, undefined);
          expect(compacted.get(key)).to.deep.equal(whole.get(key));
        }
      }),
    );
  });

  it("holds a disputed key in doubt, wherever the log is read", () => {
    const register = createRegisterFold(isSame);
    register.take("k", change(3n, 0n), "a/0");
    register.take("k", change(4n, 3n), "b/0");
    register.take("k", change(5n, 3n), "a/1");
    expect(register.doubtOf("k", register.get("k"))).to.equal("disputed");
    register.take("k", change(6n, 5n), "a/2");
    expect(register.doubtOf("k", register.get("k"))).to.equal(undefined);
  });
});
