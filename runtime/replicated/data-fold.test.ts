import { expect } from "chai";
import fc from "fast-check";
import { counterData } from "./data/counter-data.ts";
import { emptyTree } from "./data/dots.ts";
import { firstGeneration, type Generation, treeOf } from "./data/generation.ts";
import { encodeTree } from "./data/tree-codec.ts";
import { withoutActors } from "./data/without-actors.ts";
import { type DataChange, type DataEntry, forgetMs, lateMs, noEntry, takeChange } from "./data-entry.ts";
import { createDataFold, type DataFold } from "./data-fold.ts";

const maxActors = 4;

/** What a log has of a key, whatever became of it. */
type Appended = { readonly change: Omit<DataChange, "place">; readonly write: string };

const bytesOf = ({ tree }: Generation): Uint8Array | null => (tree === undefined ? null : encodeTree(tree));
const take = (fold: DataFold, { change, write }: Appended, index: number): void =>
  fold.take("k", { ...change, place: BigInt(index + 1) }, bytesOf(change.holds), write);

const countIn = ({ tree }: Generation): bigint => counterData(tree ?? emptyTree, { actor: "", now: 0 }).value;

/** A replica as the host is one: it reads the log, changes what it has read, and runs again what did not count. */
const createReplica = (name: string) => {
  const fold = createDataFold();
  let offset = 0;
  let writes = 0;
  let actor = name;
  return {
    fold,
    /** It begins anew, or does not know what became of a write: it writes under another name. */
    renew: () => {
      actor = `${name}/${writes}`;
    },
    read(log: readonly Appended[], count = Number.POSITIVE_INFINITY): void {
      for (let n = 0; n < count && offset < log.length; n++) take(fold, log[offset] as Appended, offset++);
    },
    change(version: bigint, by: bigint | "delete"): Appended {
      const { held, head } = fold.get("k");
      const times = { knownAt: 0, at: 0 };
      const write = `${name}/${writes++}`;
      if (by === "delete")
        return { write, change: { version, base: head, ...times, holds: { number: version, tree: undefined } } };
      const { tree } = counterData(treeOf(held), { actor, now: 0 }).increment(by);
      const isCrowded = tree.seen.size > maxActors;
      const holds = isCrowded ? { number: version, tree: withoutActors(tree) } : { number: held.number, tree };
      return { write, change: { version, base: head, ...times, holds } };
    },
  };
};

/**
 * A replica changes what it has read, by a record that is appended at once, or gets lost on its way and may land
 * later; it reads all or a part of what others have appended; it begins anew.
 */
type Step = {
  readonly at: number;
  readonly does: "add" | "delete" | "lose" | "land" | "read" | "read one" | "renew";
  readonly by: number;
};

const deeds: readonly Step["does"][] = ["add", "add", "add", "lose", "land", "read", "read one", "renew", "delete"];
const history = fc.array(
  fc.record<Step>({ at: fc.nat(2), does: fc.constantFrom(...deeds), by: fc.integer({ min: 1, max: 9 }) }),
  { maxLength: 60, size: "max" },
);

/** Runs a history over one log, and tells what the changes that counted amount to. */
const run = (steps: readonly Step[], withDeletions: boolean) => {
  const log: Appended[] = [];
  const replicas = [createReplica("a"), createReplica("b"), createReplica("c")];
  const onTheWay: { readonly record: Appended; readonly by: bigint }[] = [];
  const judge = createDataFold();
  let entry: DataEntry = noEntry;
  let version = 1n;
  let sum = 0n;
  let mostActors = 0;
  let mostOnTheWay = 0;
  const append = (record: Appended): boolean => {
    const index = log.push(record) - 1;
    take(judge, record, index);
    const taken = takeChange(entry, { ...record.change, place: BigInt(index + 1) });
    entry = taken.entry;
    mostActors = Math.max(mostActors, entry.held.tree?.seen.size ?? 0);
    return taken.hasCounted;
  };
  for (const { at, does, by } of steps) {
    const replica = replicas[at];
    if (replica === undefined) continue;
    switch (does) {
      case "add":
        for (let hasCounted = false; !hasCounted; replica.read(log)) {
          hasCounted = append(replica.change(version++, BigInt(by)));
          if (hasCounted) sum += BigInt(by);
        }
        break;
      case "delete":
        if (withDeletions && append(replica.change(version++, "delete"))) sum = 0n;
        replica.read(log);
        break;
      case "lose":
        onTheWay.push({ record: replica.change(version++, BigInt(by)), by: BigInt(by) });
        mostOnTheWay = Math.max(mostOnTheWay, onTheWay.length);
        replica.renew();
        break;
      case "land": {
        const landed = onTheWay.shift();
        if (landed !== undefined && append(landed.record)) sum += landed.by;
        break;
      }
      case "read":
        replica.read(log);
        break;
      case "read one":
        replica.read(log, 1);
        break;
      case "renew":
        replica.renew();
        break;
      default:
        does satisfies never;
    }
  }
  return { log, sum, judge, mostActors, mostOnTheWay, append, version };
};

describe("createDataFold", () => {
  it("loses nothing that counted, whoever had read how much, and remembers few actors", () => {
    fc.assert(
      fc.property(history, (steps) => {
        const { sum, judge, mostActors, mostOnTheWay } = run(steps, false);
        expect(countIn(judge.get("k").held)).to.equal(sum);
        expect(mostActors).to.be.at.most(maxActors + 3 + mostOnTheWay);
      }),
      { numRuns: 200 },
    );
  });

  it("has after a deletion what counted since", () => {
    fc.assert(
      fc.property(history, (steps) => {
        const { sum, judge } = run(steps, true);
        expect(countIn(judge.get("k").held)).to.equal(sum);
      }),
      { numRuns: 200 },
    );
  });

  it("comes to the same from the last record alone, wherever the key is settled", () => {
    fc.assert(
      fc.property(history, (steps) => {
        const { log } = run(steps, true);
        const whole = createDataFold();
        for (const [index, each] of log.entries()) {
          take(whole, each, index);
          if (whole.unsettled.has("k")) continue;
          const compacted = createDataFold();
          take(compacted, each, index);
          expect(countIn(compacted.get("k").held)).to.equal(countIn(whole.get("k").held));
          expect(compacted.get("k").held.number).to.equal(whole.get("k").held.number);
          expect(compacted.get("k").head).to.equal(whole.get("k").head);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("goes on alike from wherever compaction has the log begin, once the key was repaired", () => {
    fc.assert(
      fc.property(history, fc.nat(), (steps, seed) => {
        const { log, judge, append, version } = run(steps, true);
        if (log.length === 0) return;
        append({ write: "repair", change: repairOf(judge, version) });
        const late = createDataFold();
        const first = seed % log.length;
        for (const [n, each] of log.slice(first).entries()) take(late, each, first + n);
        expect(late.get("k").held).to.deep.equal(judge.get("k").held);
        expect([...late.unsettled]).to.deep.equal([]);
        expect([...judge.unsettled]).to.deep.equal([]);
      }),
      { numRuns: 200 },
    );
  });

  it("changes nothing by records that are appended again", () => {
    fc.assert(
      fc.property(history, fc.array(fc.nat(), { maxLength: 5 }), (steps, picks) => {
        const { log, judge, append } = run(steps, false);
        const before = countIn(judge.get("k").held);
        const { length } = log;
        for (const pick of picks) {
          const each = log[pick % Math.max(1, length)];
          if (each !== undefined) append(each);
        }
        expect(countIn(judge.get("k").held)).to.equal(before);
      }),
      { numRuns: 200 },
    );
  });
});

const repairOf = (fold: DataFold, version: bigint): Appended["change"] => {
  const { held, head } = fold.get("k");
  return { version, base: head, knownAt: 0, at: 0, holds: held };
};

describe("a deletion", () => {
  const counted = (version: bigint, base: bigint, number = 0n): DataChange => ({
    place: version,
    version,
    base,
    knownAt: 0,
    at: 0,
    holds: { number, tree: counterData(emptyTree, { actor: `actor ${version}`, now: 0 }).increment().tree },
  });
  const deletion = (version: bigint, base: bigint): DataChange => ({
    place: version,
    version,
    base,
    knownAt: 0,
    at: 0,
    holds: { number: version, tree: undefined },
  });
  const takeAt = (fold: DataFold, change: DataChange): void =>
    fold.take("k", change, bytesOf(change.holds), String(change.version));
  const folded = (...changes: readonly DataChange[]): DataFold => {
    const fold = createDataFold();
    for (const change of changes) takeAt(fold, change);
    return fold;
  };

  it("does not count if something came before it that its author had not read", async () => {
    const fold = folded(counted(1n, 0n), counted(2n, 1n));
    const { settled } = fold.expect("k", "3");
    takeAt(fold, deletion(3n, 1n));
    expect(await settled).to.equal(false);
    expect(countIn(fold.get("k").held)).to.equal(1n);
    expect([...fold.unsettled]).to.deep.equal(["k"]);
  });

  it("keeps out what its author had read nothing of it", () => {
    const fold = folded(counted(1n, 0n), deletion(2n, 1n), counted(3n, 1n));
    expect(fold.get("k").held).to.deep.equal({ number: 2n, tree: undefined });
    expect([...fold.unsettled]).to.deep.equal(["k"]);
  });

  it("lets the key be made anew", () => {
    const fold = folded(counted(1n, 0n), deletion(2n, 1n), counted(3n, 2n, 2n), counted(4n, 2n, 2n));
    expect(countIn(fold.get("k").held)).to.equal(2n);
  });

  it("is forgotten when nothing can come any more that did not know of it", () => {
    const fold = folded(counted(1n, 0n), deletion(2n, 1n));
    fold.forget(forgetMs);
    expect(fold.size).to.equal(1);
    fold.forget(forgetMs + 1);
    expect(fold.size).to.equal(0);
    takeAt(fold, { ...counted(3n, 1n), at: lateMs + 1 });
    expect(fold.get("k")).to.equal(noEntry);
  });

  it("makes no difference between those who have forgotten it and those who have not yet", () => {
    const remembers = folded(counted(1n, 0n), deletion(2n, 1n));
    const at = forgetMs + 1;
    const anew = { ...counted(9n, 0n), knownAt: at, at };
    takeAt(remembers, anew);
    expect(countIn(remembers.get("k").held)).to.equal(1n);
    expect(remembers.get("k").held.number).to.equal(firstGeneration.number);
  });

  it("is written again behind a late record, which compaction would keep", () => {
    const fold = folded(counted(1n, 0n), deletion(2n, 1n));
    takeAt(fold, { ...counted(3n, 1n), at: lateMs + 1 });
    expect(fold.get("k").held).to.deep.equal({ number: 2n, tree: undefined });
    expect([...fold.unsettled]).to.deep.equal(["k"]);
  });
});
