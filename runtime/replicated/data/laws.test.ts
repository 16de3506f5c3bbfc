import { expect } from "chai";
import fc from "fast-check";
import { counterData } from "./counter-data.ts";
import { counterMapData } from "./counter-map-data.ts";
import type { DataType, ReplicatedData } from "./data-type.ts";
import { emptyTree, mergeTrees, type Tree } from "./dots.ts";
import type { Writer } from "./edit.ts";
import { firstGeneration, type Generation, mergeGenerations } from "./generation.ts";
import { mapData } from "./map-data.ts";
import { multiMapData } from "./multi-map-data.ts";
import { registerData } from "./register-data.ts";
import { registerMapData } from "./register-map-data.ts";
import { setData } from "./set-data.ts";
import { decodeTree, encodeTree } from "./tree-codec.ts";
import { type VoteData, voteData } from "./vote-data.ts";
import { withoutActors } from "./without-actors.ts";

const replicas = 4;
const names = ["a", "b", "c"] as const;

/** One data type: what may be done to it, and what it says. */
type Subject = {
  readonly name: string;
  /** Any change, chosen by `kind`, of something named `name`, by an `amount`. */
  readonly change: (tree: Tree, writer: Writer, kind: number, name: string, amount: number) => Tree;
  readonly says: (tree: Tree) => unknown;
};

const reader: Writer = { actor: "reader", now: 0 };

const subject = <V extends ReplicatedData>(
  name: string,
  open: DataType<V>,
  changes: readonly ((data: V, name: string, amount: number) => V)[],
  says: (data: V) => unknown,
): Subject => ({
  name,
  change: (tree, writer, kind, of, amount) => {
    const change = changes[kind % changes.length];
    return change === undefined ? tree : change(open(tree, writer), of, amount).tree;
  },
  says: (tree) => says(open(tree, reader)),
});

const all = new Set(Array.from({ length: replicas }, (_, n) => `replica-${n}`));
const voteOf =
  (self: string): DataType<VoteData> =>
  (tree, writer) =>
    voteData(tree, writer, { self, all });

const map = mapData("string", { likes: counterData, tags: setData("string"), title: registerData("string") });

const subjects: readonly Subject[] = [
  subject(
    "counter",
    counterData,
    [(counter, _, by) => counter.increment(by), (counter, _, by) => counter.decrement(by)],
    ({ value }) => value,
  ),
  subject(
    "set",
    setData("string"),
    [(set, name) => set.add(name), (set, name) => set.remove(name), (set) => set.clear(), (set) => set.add(...names)],
    (set) => [...set],
  ),
  subject(
    "register",
    registerData("string"),
    [
      (register, name) => register.set(name),
      (register, name) => register.set(name, "reverse"),
      (register, name, amount) => register.set(name, { custom: BigInt(amount) }),
      (register, name, amount) => register.set(name, { customAutoIncrement: BigInt(amount) }),
    ],
    ({ value, clock }) => [value, clock],
  ),
  subject(
    "counter map",
    counterMapData("string"),
    [
      (counters, name, by) => counters.increment(name, by),
      (counters, name, by) => counters.decrement(name, by),
      (counters, name) => counters.remove(name),
      (counters) => counters.clear(),
    ],
    (counters) => [...counters],
  ),
  subject(
    "register map",
    registerMapData("string", "int32"),
    [
      (registers, name, value) => registers.set(name, value),
      (registers, name, value) => registers.set(name, value, { custom: BigInt(value) }),
      (registers, name) => registers.remove(name),
    ],
    (registers) => [...registers],
  ),
  subject(
    "multi-map",
    multiMapData("string", "int32"),
    [
      (values, name, value) => values.put(name, value),
      (values, name, value) => values.remove(name, value),
      (values, name) => values.removeAll(name),
    ],
    (values) => [...values],
  ),
  subject(
    "map",
    map,
    [
      (entries, name, by) => entries.update("likes", name, (likes) => likes.increment(by)),
      (entries, name) => entries.update("tags", name, (tags) => tags.add(name)),
      (entries, name) => entries.update("title", name, (title) => title.set(name)),
      (entries, name) => entries.remove("likes", name),
      (entries, name) => entries.remove("tags", name),
    ],
    (entries) =>
      (["likes", "tags", "title"] as const).map((type) =>
        [...entries.keys(type)].map((key) => [key, entries.get("likes", key).value, [...entries.get("tags", key)]]),
      ),
  ),
  {
    name: "vote",
    change: (tree, writer, kind) => voteOf(writer.actor)(tree, writer).vote(kind % 2 === 0).tree,
    says: (tree) => voteOf("reader")(tree, reader).votesFor,
  },
];

/** What happens: replica `at` changes something, or reads all that `from` has. */
type Step = {
  readonly at: number;
  readonly from: number | null;
  readonly kind: number;
  readonly name: string;
  readonly amount: number;
  readonly later: number;
};
const step: fc.Arbitrary<Step> = fc.record({
  at: fc.nat(replicas - 1),
  from: fc.option(fc.nat(replicas - 1)),
  kind: fc.nat(7),
  name: fc.constantFrom(...names),
  amount: fc.integer({ min: 0, max: 5 }),
  later: fc.nat(2),
});
const history = fc.array(step, { maxLength: 30, size: "max" });

/** Every state that the replicas of a history were in, in order. */
const statesOf = ({ change }: Subject, steps: readonly Step[]) => {
  const states: Tree[] = Array.from({ length: replicas }, () => emptyTree);
  const seen: Tree[] = [];
  let now = 1000;
  for (const { at, from, kind, name, amount, later } of steps) {
    const before = states[at] ?? emptyTree;
    now += later;
    const after =
      from === null
        ? change(before, { actor: `replica-${at}`, now }, kind, name, amount)
        : mergeTrees(before, states[from] ?? emptyTree);
    states[at] = after;
    seen.push(after);
  }
  return { states, seen };
};

const bytes = (tree: Tree): string => Buffer.from(encodeTree(tree)).toString("hex");
const mergeAll = (trees: readonly Tree[]): Tree => trees.reduce(mergeTrees, emptyTree);
const shuffled = <T>(items: readonly T[], order: readonly number[]): T[] =>
  items
    .map((item, n) => [order[n % order.length] ?? 0, n, item] as const)
    .sort((a, b) => a[0] - b[0] || a[1] - b[1])
    .map(([, , item]) => item);

for (const each of subjects) {
  describe(`the replicated ${each.name}`, () => {
    const merged = (a: Tree, b: Tree): string => bytes(mergeTrees(a, b));

    it("merges whichever is first, however grouped, and itself", () => {
      const pick = fc.tuple(fc.nat(), fc.nat(), fc.nat());
      fc.assert(
        fc.property(history, pick, (steps, picks) => {
          const { seen } = statesOf(each, steps);
          const [a = emptyTree, b = emptyTree, c = emptyTree] = picks.map((n) => seen[n % Math.max(1, seen.length)]);
          expect(merged(a, b)).to.equal(merged(b, a));
          expect(merged(mergeTrees(a, b), c)).to.equal(merged(a, mergeTrees(b, c)));
          expect(merged(a, a)).to.equal(bytes(a));
          expect(merged(a, emptyTree)).to.equal(bytes(a));
        }),
        { numRuns: 150 },
      );
    });

    it("comes to the same in any order, with duplicates, and after losses once the last states are sent again", () => {
      fc.assert(
        fc.property(
          history,
          fc.array(fc.nat(), { minLength: 1 }),
          fc.array(fc.boolean(), { minLength: 1 }),
          (steps, order, lost) => {
            const { states, seen } = statesOf(each, steps);
            const expected = mergeAll(states);
            const again = mergeAll(shuffled([...seen, ...seen], order));
            expect(bytes(again)).to.equal(bytes(expected));
            const arrived = shuffled(seen, order).filter((_, n) => lost[n % lost.length] !== true);
            const resynced = [...states, ...arrived].reduce(mergeTrees, mergeAll(arrived));
            expect(bytes(resynced)).to.equal(bytes(expected));
            expect(each.says(resynced)).to.deep.equal(each.says(expected));
          },
        ),
        { numRuns: 150 },
      );
    });

    it("is read back from its bytes as it was written, and says the same without its actors", () => {
      fc.assert(
        fc.property(history, (steps) => {
          const tree = mergeAll(statesOf(each, steps).states);
          expect(bytes(decodeTree(encodeTree(tree)))).to.equal(bytes(tree));
          expect(each.says(decodeTree(encodeTree(tree)))).to.deep.equal(each.says(tree));
          const alone = withoutActors(tree);
          expect(alone.seen.size).to.be.at.most(1);
          expect(each.says(alone)).to.deep.equal(each.says(tree));
          const next = each.change(alone, { actor: "replica-0", now: 9999 }, 0, "a", 1);
          expect(bytes(mergeTrees(next, alone))).to.equal(bytes(next));
        }),
        { numRuns: 150 },
      );
    });
  });
}

describe("generations", () => {
  it("merge whichever is first, however grouped, and each with itself", () => {
    const counted = fc
      .tuple(fc.nat(2), fc.option(fc.tuple(fc.constantFrom("x", "y"), fc.integer({ min: 1, max: 3 }))))
      .map(([number, write]): Generation => {
        if (write === null) return { number: BigInt(number), tree: undefined };
        let tree = emptyTree;
        for (let n = 0; n < write[1]; n++) tree = counterData(tree, { actor: write[0], now: 0 }).increment().tree;
        return { number: BigInt(number), tree };
      });
    const text = ({ number, tree }: Generation): string => `${number} ${tree && bytes(tree)}`;
    const merged = (a: Generation, b: Generation): string => text(mergeGenerations(a, b));
    fc.assert(
      fc.property(counted, counted, counted, (a, b, c) => {
        expect(merged(a, b)).to.equal(merged(b, a));
        expect(merged(mergeGenerations(a, b), c)).to.equal(merged(a, mergeGenerations(b, c)));
        expect(merged(a, a)).to.equal(text(a));
        expect(merged(a, firstGeneration)).to.equal(text(a));
      }),
      { numRuns: 500 },
    );
  });
});
