import { expect } from "chai";
import fc from "fast-check";
import { counterData } from "./counter-data.ts";
import { counterMapData } from "./counter-map-data.ts";
import type { DataType, ReplicatedData } from "./data-type.ts";
import { emptyTree, mergeTrees } from "./dots.ts";
import type { ScalarTypes } from "./element.ts";
import { mapData } from "./map-data.ts";
import { multiMapData } from "./multi-map-data.ts";
import { registerData } from "./register-data.ts";
import { registerMapData } from "./register-map-data.ts";
import { setData } from "./set-data.ts";
import { decodeTree, encodeTree } from "./tree-codec.ts";
import { voteData } from "./vote-data.ts";

const at = (now = 1000, actor = "here") => ({ actor, now });

/** Two replicas that begin with the same data, change it without knowing of each other, and then merge. */
const concurrently = <V extends ReplicatedData>(
  open: DataType<V>,
  before: (data: V) => V,
  here: (data: V) => V,
  there: (data: V) => V,
): V => {
  const { tree } = before(open(emptyTree, at()));
  const one = here(open(tree, at(2000, "here"))).tree;
  const other = there(open(tree, at(2000, "there"))).tree;
  return open(mergeTrees(one, other), at(3000, "reader"));
};
const same = <V>(data: V): V => data;

describe("counterData", () => {
  it("counts what every replica has added and taken away, once", () => {
    const step = fc.tuple(fc.nat(2), fc.integer({ min: -9, max: 9 }), fc.option(fc.nat(2)));
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const trees = [emptyTree, emptyTree, emptyTree];
        let sum = 0n;
        for (const [replica, by, from] of steps) {
          const known = mergeTrees(trees[replica] ?? emptyTree, from === null ? emptyTree : (trees[from] ?? emptyTree));
          trees[replica] = counterData(known, at(1, `replica-${replica}`)).increment(by).tree;
          sum += BigInt(by);
        }
        expect(counterData(trees.reduce(mergeTrees, emptyTree), at()).value).to.equal(sum);
      }),
    );
  });

  it("counts as a 64-bit integer does", () => {
    const highest = counterData(emptyTree, at()).increment((1n << 63n) - 1n);
    expect(highest.value).to.equal((1n << 63n) - 1n);
    expect(highest.increment().value).to.equal(-(1n << 63n));
  });

  it("counts whole numbers only", () => {
    expect(() => counterData(emptyTree, at()).increment(0.5)).to.throw(RangeError);
  });
});

describe("setData", () => {
  const letters = setData("string");

  it("keeps what is added while a removal does not see it", () => {
    const add = (set: ReturnType<typeof letters>) => set.add("a");
    expect([...concurrently(letters, add, add, (set) => set.remove("a"))]).to.deep.equal(["a"]);
    expect([...concurrently(letters, add, same, (set) => set.remove("a"))]).to.deep.equal([]);
    expect([
      ...concurrently(
        letters,
        add,
        (set) => set.add("b"),
        (set) => set.clear(),
      ),
    ]).to.deep.equal(["b"]);
  });

  it("has its elements in one order, whichever came first", () => {
    const set = letters(emptyTree, at()).add("b", "a").add("c");
    expect([...set]).to.deep.equal(["a", "b", "c"]);
    expect(set.size).to.equal(3);
    expect(set.has("b")).to.equal(true);
    expect(set.remove("b").has("b")).to.equal(false);
  });
});

describe("registerData", () => {
  const text = registerData("string");

  it("holds what was set last, although a clock goes wrong", () => {
    const late = text(emptyTree, at(5000)).set("first").tree;
    const next = text(late, at(1000, "there")).set("second");
    expect(next.value).to.equal("second");
    expect(next.clock).to.equal(5001n);
  });

  it("holds what was set first, with the reverse clock", () => {
    const first = text(emptyTree, at(1000)).set("first", "reverse");
    expect(text(first.tree, at(2000)).set("second", "reverse").tree).to.equal(first.tree);
    const earlier = text(emptyTree, at(999, "there")).set("earlier", "reverse");
    expect(text(mergeTrees(first.tree, earlier.tree), at()).value).to.equal("earlier");
  });

  it("holds the value of the highest number, with a clock of the application's own", () => {
    const first = text(emptyTree, at()).set("first", { custom: 5n });
    expect(first.set("lower", { custom: 4n }).value).to.equal("first");
    expect(first.set("equal", { custom: 5n }).value).to.equal("first");
    expect(first.set("higher", { custom: 6n }).value).to.equal("higher");
    expect(text(emptyTree, at()).set("negative", { custom: -5n }).clock).to.equal(-5n);
  });

  it("takes the next number where the given one would not do, with the incrementing clock", () => {
    const first = text(emptyTree, at()).set("first", { custom: 5n });
    const next = first.set("next", { customAutoIncrement: 2n });
    expect([next.value, next.clock]).to.deep.equal(["next", 6n]);
    expect(first.set("far", { customAutoIncrement: 9n }).clock).to.equal(9n);
  });
});

describe("counterMapData", () => {
  const counts = counterMapData("string");
  type Counts = ReturnType<typeof counts>;
  const before = (data: Counts): Counts => data.increment("a", 5).increment("b", 1);

  it("removes what was counted, and keeps what goes on being counted", () => {
    const remove = (data: Counts) => data.remove("a");
    expect([...concurrently(counts, before, same, remove)]).to.deep.equal([["b", 1n]]);
    const goesOn = concurrently(counts, before, (data) => counts(data.tree, at(1, "new")).increment("a", 2), remove);
    expect(goesOn.get("a")).to.equal(2n);
    expect(goesOn.get("nothing")).to.equal(0n);
  });
});

describe("registerMapData", () => {
  const scores = registerMapData("string", "int32");

  it("keeps a value that is set while a removal does not see it", () => {
    const set = (value: number) => (data: ReturnType<typeof scores>) => data.set("a", value);
    const map = concurrently(scores, set(1), set(2), (data) => data.remove("a"));
    expect([...map]).to.deep.equal([["a", 2]]);
    expect(map.remove("a").has("a")).to.equal(false);
    expect(map.get("b")).to.equal(undefined);
  });
});

describe("multiMapData", () => {
  const values = multiMapData("string", "int32");

  it("has a key while it has values", () => {
    const one = values(emptyTree, at()).put("a", 1, 2).put("b", 3);
    expect([...one]).to.deep.equal([
      ["a", [1, 2]],
      ["b", [3]],
    ]);
    expect([...one.remove("a", 1, 2).keys()]).to.deep.equal(["b"]);
    expect(one.has("a", 2)).to.equal(true);
    expect(one.removeAll("a").has("a")).to.equal(false);
  });

  it("keeps values that are put while the removal of all does not see them", () => {
    const put = (n: number) => (data: ReturnType<typeof values>) => data.put("a", n);
    expect(concurrently(values, put(1), put(2), (data) => data.removeAll("a")).get("a")).to.deep.equal([2]);
  });
});

describe("mapData", () => {
  const map = mapData("string", { likes: counterData, tags: setData("string") });

  it("has data of several types, each with keys of its own", () => {
    const data = map(emptyTree, at())
      .update("likes", "post", (likes) => likes.increment(3))
      .update("tags", "post", (tags) => tags.add("new"));
    expect(data.get("likes", "post").value).to.equal(3n);
    expect([...data.get("tags", "post")]).to.deep.equal(["new"]);
    expect(data.get("likes", "other").value).to.equal(0n);
    const less = data.remove("tags", "post");
    expect([less.has("tags", "post"), less.has("likes", "post")]).to.deep.equal([false, true]);
    expect([...less.keys("likes")]).to.deep.equal(["post"]);
  });
});

describe("voteData", () => {
  const all = new Set(["one", "two", "three"]);
  const vote = (tree = emptyTree, self = "one", voters: ReadonlySet<string> = all) =>
    voteData(tree, at(1, self), { self, all: voters });

  it("counts the votes of the replicas that are there", () => {
    const one = vote().vote(true);
    expect(one).to.include({ selfVote: true, votesFor: 1, totalVoters: 3, isAtLeastOne: true, isMajority: false });
    const two = vote(one.tree, "two").vote(true);
    expect(two).to.include({ votesFor: 2, isMajority: true, isAll: false });
    expect(vote(two.tree, "three").vote(true)).to.include({ votesFor: 3, isAll: true });
    expect(vote(two.tree, "two").vote(false)).to.include({ selfVote: false, votesFor: 1 });
    expect(vote(two.tree, "one", new Set(["one"]))).to.include({ votesFor: 1, totalVoters: 1, isAll: true });
  });

  it("does not grow with every replica that ever voted", () => {
    let { tree } = vote();
    for (let n = 0; n < 300; n++) tree = vote(tree, `replica-${n}`, new Set([`replica-${n}`])).vote(true).tree;
    expect(tree.root.entries.size).to.be.at.most(64);
  });
});

describe("elements", () => {
  it("come back from their bytes, of every scalar type", () => {
    const examples: ScalarTypes = {
      double: -0.5,
      float: 0.25,
      int32: -1,
      int64: -(1n << 63n),
      uint32: 0xffffffff,
      uint64: (1n << 64n) - 1n,
      sint32: -7,
      sint64: -7n,
      fixed32: 7,
      fixed64: 7n,
      sfixed32: -7,
      sfixed64: -7n,
      bool: true,
      string: "Zoë \u0000 \u{1f600}",
      bytes: Uint8Array.of(0, 255, 128),
    };
    for (const type of Object.keys(examples) as (keyof ScalarTypes)[]) {
      const set = setData(type)(emptyTree, at());
      // The compiler cannot pair a type's name with its example.
      const added = (set as ReturnType<ReturnType<typeof setData<"string">>>).add(examples[type] as string);
      const [back] = setData(type)(decodeTree(encodeTree(added.tree)), at());
      expect(back).to.deep.equal(examples[type]);
    }
  });
});
