import { randomUUID } from "node:crypto";
import { expect } from "chai";
import { UserPresenceState } from "../../gen/presence/v1/presence.ts";
import { compileContract } from "../../runtime/contract/compile.ts";
import type { EntityJournal, JournalEntry, PlainEntry } from "../../runtime/entity/journal.ts";
import type { EntityType, PendingMessage } from "../../runtime/ports.ts";
import { descriptors } from "../support/descriptors.ts";
import { expectCases } from "../support/expect-cases.ts";
import type { OpenStore } from "./entity-store.ts";

const schema = compileContract(descriptors).model.registry.getMessage("presence.v1.UserPresenceState");
if (schema === undefined) throw new Error("the descriptor set has no presence.v1.UserPresenceState");
const codec = { ...UserPresenceState, name: schema.typeName, schema };
const stateOf = (user_id: string) => UserPresenceState.fromPartial({ user_id, version: 9_007_199_254_740_993n });

const message = (sequence: string): PendingMessage => ({
  sequence,
  topic: "users",
  key: "u/d",
  partitionKey: "u",
  value: Buffer.from(sequence),
  headers: { ce_id: sequence, "a.$b": "" },
});

const entry = (key: string, sequence: bigint, fields: Partial<JournalEntry> = {}): JournalEntry => ({
  key,
  sequence,
  version: sequence * 100n,
  events: [{ kind: "event", type: "t.Event", value: new Uint8Array([Number(sequence)]) }],
  pending: [],
  applied: undefined,
  snapshot: undefined,
  ...fields,
});

const all = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
};

const places = (entries: readonly PlainEntry[]) => entries.map(({ key, sequence }) => `${key} ${sequence}`);

/** What the journal of every EntityStore promises. */
export const describeEntityJournal = (name: string, open: OpenStore): void => {
  describe(`EntityJournal on ${name}`, () => {
    let journal: EntityJournal;
    let close: () => Promise<void>;
    let type: EntityType;

    beforeEach(async () => {
      const opened = await open();
      ({ close } = opened);
      ({ journal } = opened.store);
      type = { name: `t_${randomUUID().replaceAll("-", "")}`, state: codec };
      await journal.open([type]);
    });
    afterEach(() => close());

    it("has nothing for an unknown key", async () => {
      expect(await journal.read(type, "nobody", 0n)).to.deep.equal([]);
      expect(await all(journal.history(type.name, "nobody"))).to.deep.equal([]);
    });

    it("gives back an entry as it was added, to the last bit", async () => {
      const first = entry("k/1", 1n, {
        version: 1_790_000_000_000n << 16n,
        events: [
          { kind: "event", type: "t.A", value: new Uint8Array() },
          { kind: "deletion" },
          { kind: "event", type: "t.B", value: new Uint8Array([0, 255]) },
        ],
        applied: { source: "a.$b", offsets: [5n, 7n] },
        snapshot: { state: stateOf("k/1"), applied: new Map([["a.$b", [5n, 7n]]]) },
      });
      expect(await journal.append(type, first)).to.equal("saved");
      expect(await journal.read(type, "k/1", 0n)).to.deep.equal([first]);
    });

    it("keeps pending messages with their entry", async () => {
      await journal.append(type, entry("k", 1n, { pending: [message("1.0"), message("1.1")] }));
      const [found] = await journal.read(type, "k", 0n);
      expect(found?.pending.map(({ sequence }) => sequence)).to.deep.equal(["1.0", "1.1"]);
      expect(found?.pending[0]).to.deep.include({ topic: "users", key: "u/d", partitionKey: "u" });
      expect(found?.pending[0]?.headers).to.deep.equal({ ce_id: "1.0", "a.$b": "" });
      expect(Buffer.from(found?.pending[1]?.value ?? []).toString()).to.equal("1.1");
    });

    it("adds an entry only where none is", async () => {
      expect(await journal.append(type, entry("k", 1n))).to.equal("saved");
      expect(await journal.append(type, entry("k", 1n, { version: 7n }))).to.equal("conflict");
      expect(await journal.append(type, entry("other", 1n))).to.equal("saved");
      expect((await journal.read(type, "k", 0n)).map(({ version }) => version)).to.deep.equal([100n]);
    });

    it("lets one of many concurrent writers through, and tells each its own outcome", async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, i) => journal.append(type, entry("k", 1n, { version: BigInt(i + 1) }))),
      );
      expect(outcomes.filter((outcome) => outcome === "saved")).to.have.length(1);
      const [written] = await journal.read(type, "k", 0n);
      expect(outcomes.indexOf("saved")).to.equal(Number(written?.version) - 1);
    });

    it("fails an entry that cannot be written alone, not its neighbours", async () => {
      const bad = { state: { ...stateOf("bad"), version: "none" }, applied: new Map() };
      const outcomes = await Promise.allSettled([
        journal.append(type, entry("a", 1n)),
        journal.append(type, entry("bad", 1n, { snapshot: bad })),
        journal.append(type, entry("b", 1n)),
      ]);
      expect(outcomes.map(({ status }) => status)).to.deep.equal(["fulfilled", "rejected", "fulfilled"]);
      expect(await journal.read(type, "b", 0n)).to.have.length(1);
    });

    it("reads from the newest snapshot, or after a given entry", async () => {
      for (let n = 1n; n <= 7n; n++) {
        const snapshot = n % 3n === 0n ? { state: n === 6n ? undefined : stateOf("k"), applied: new Map() } : undefined;
        await journal.append(type, entry("k", n, { snapshot }));
      }
      expect(places(await journal.read(type, "k", 0n))).to.deep.equal(["k 6", "k 7"]);
      expect((await journal.read(type, "k", 0n))[0]?.snapshot?.state).to.equal(undefined);
      expect(places(await journal.read(type, "k", 2n))).to.deep.equal(["k 3", "k 4", "k 5", "k 6", "k 7"]);
      expect(await journal.read(type, "k", 7n)).to.deep.equal([]);
    });

    it("reads a journal that is longer than a page, in order", async () => {
      for (let n = 1n; n <= 250n; n++) await journal.append(type, entry("k", n));
      const wanted = Array.from({ length: 250 }, (_, i) => `k ${i + 1}`);
      expect(places(await journal.read(type, "k", 0n))).to.deep.equal(wanted);
      expect(places(await all(journal.history(type.name, "k")))).to.deep.equal(wanted);
    });

    it("forgets messages up to a sequence and keeps later ones, and those of other keys", async () => {
      await journal.append(type, entry("k", 1n, { pending: [message("1.0"), message("1.1")] }));
      await journal.append(type, entry("k", 2n, { pending: [message("2.0"), message("2.1")] }));
      await journal.append(type, entry("k/1", 1n, { pending: [message("1.0")] }));
      await journal.clearPending(type, "k", "2.0");
      const pendingOf = async (key: string) =>
        (await journal.read(type, key, 0n)).flatMap(({ pending }) => pending.map(({ sequence }) => sequence));
      expect(await pendingOf("k")).to.deep.equal(["2.1"]);
      expect(await pendingOf("k/1")).to.deep.equal(["1.0"]);
    });

    it("finds the keys with unpublished messages, each once", async () => {
      await journal.append(type, entry("a", 1n));
      await journal.append(type, entry("b", 1n, { pending: [message("1.0")] }));
      await journal.append(type, entry("b", 2n));
      await journal.append(type, entry("b", 3n, { pending: [message("3.0")] }));
      await journal.append(type, entry("c", 1n, { pending: [message("1.0")] }));
      await journal.clearPending(type, "c", "1.0");
      const found = await all(journal.pending(type));
      expect(found.map(({ key, pending }) => [key, pending.map(({ sequence }) => sequence)])).to.deep.equal([
        ["b", ["1.0", "3.0"]],
      ]);
    });

    it("scans all journals by key and in order, from any key on", async () => {
      const keys = Array.from({ length: 150 }, (_, i) => `k${String(i).padStart(3, "0")}`);
      for (const n of [1n, 2n]) await Promise.all(keys.map((key) => journal.append(type, entry(key, n))));
      const wanted = keys.flatMap((key) => [`${key} 1`, `${key} 2`]);
      expect(places(await all(journal.scan(type.name)))).to.deep.equal(wanted);
      expect(places(await all(journal.scan(type.name, "k099")))).to.deep.equal(wanted.slice(200));
      expect(places(await all(journal.history(type.name, "k007")))).to.deep.equal(["k007 1", "k007 2"]);
    });

    expectCases(11);
  });
};
