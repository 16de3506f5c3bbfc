import { randomUUID } from "node:crypto";
import { expect } from "chai";
import { UserPresenceState } from "../../gen/presence/v1/presence.ts";
import { compileContract } from "../../runtime/contract/compile.ts";
import type { EntityChange, EntityStore, EntityType, PendingMessage, StoredEntity } from "../../runtime/ports.ts";
import { descriptors } from "../support/descriptors.ts";
import { expectCases } from "../support/expect-cases.ts";

export type OpenStore = () => Promise<{ readonly store: EntityStore; close(): Promise<void> }>;

const schema = compileContract(descriptors).model.registry.getMessage("presence.v1.UserPresenceState");
if (schema === undefined) throw new Error("the descriptor set has no presence.v1.UserPresenceState");
const codec = { ...UserPresenceState, name: schema.typeName, schema };

const stateOf = (user_id: string): UserPresenceState =>
  UserPresenceState.fromPartial({
    user_id,
    device_id: "d",
    is_online: true,
    version: 9_007_199_254_740_993n,
    profile: { attr1: "", attributes: { "a.b": "1", $c: "2" } },
    last_seen: { seconds: 1_700_000_000n, nanos: 123_456_789 },
  });

const message = (sequence: string): PendingMessage => ({
  sequence,
  topic: "users",
  key: "u/d",
  partitionKey: "u",
  value: Buffer.from(sequence),
  headers: { ce_id: sequence },
});

const change = (key: string, fields: Partial<EntityChange>): EntityChange => ({
  key,
  expectedVersion: 0n,
  version: 1n,
  state: stateOf(key),
  pending: [],
  applied: undefined,
  ...fields,
});

const all = async (entities: AsyncIterable<StoredEntity>): Promise<StoredEntity[]> => {
  const list: StoredEntity[] = [];
  for await (const entity of entities) list.push(entity);
  return list;
};

/** What every EntityStore promises. */
export const describeEntityStore = (name: string, open: OpenStore): void => {
  describe(`EntityStore on ${name}`, () => {
    let store: EntityStore;
    let close: () => Promise<void>;
    let type: EntityType;

    beforeEach(async () => {
      ({ store, close } = await open());
      type = { name: `t_${randomUUID().replaceAll("-", "")}`, state: codec };
      await store.open([type]);
    });
    afterEach(() => close());

    it("has nothing for an unknown key", async () => {
      expect(await store.load(type, "nobody")).to.equal(undefined);
    });

    it("gives back a state as it was saved, to the last bit", async () => {
      expect(await store.save(type, change("k/1", { version: 1_790_000_000_000n << 16n }))).to.equal("saved");
      const entity = await store.load(type, "k/1");
      expect(entity?.version).to.equal(1_790_000_000_000n << 16n);
      expect(entity?.state).to.deep.equal(stateOf("k/1"));
      expect(entity?.pending).to.deep.equal([]);
    });

    it("saves only over the expected version", async () => {
      await store.save(type, change("k", { version: 5n }));
      expect(await store.save(type, change("k", { expectedVersion: 4n, version: 6n }))).to.equal("conflict");
      expect(await store.save(type, change("k", { version: 6n }))).to.equal("conflict");
      expect(await store.save(type, change("absent", { expectedVersion: 3n, version: 6n }))).to.equal("conflict");
      expect((await store.load(type, "k"))?.version).to.equal(5n);
      expect(await store.save(type, change("k", { expectedVersion: 5n, version: 6n }))).to.equal("saved");
    });

    it("finds who asks to be woken, by time, until a change asks no more", async () => {
      const waking = { ...type, wakes: true };
      await store.open([waking]);
      const save = (key: string, expectedVersion: bigint, wakeAt?: number) =>
        store.save(waking, change(key, { expectedVersion, version: expectedVersion + 1n, wakeAt }));
      await save("early", 0n, 1000);
      await save("late", 0n, 2000.5);
      await save("far", 0n, 9_000_000_000_000);
      await save("never", 0n);
      const toWake = async (until: number, beyond = Number.MAX_SAFE_INTEGER) =>
        [...(await store.toWake(waking, { until, beyond }))].toSorted();
      expect(await toWake(999)).to.deep.equal([]);
      expect(await toWake(1000)).to.deep.equal(["early"]);
      expect(await toWake(1000, 8_000_000_000_000)).to.deep.equal(["early", "far"]);
      expect(await toWake(3000)).to.deep.equal(["early", "late"]);
      await save("early", 1n);
      await save("late", 1n, 4000);
      expect(await toWake(3999)).to.deep.equal([]);
      expect(await save("late", 1n, 10)).to.equal("conflict");
      expect(await toWake(4000)).to.deep.equal(["late"]);
    });

    it("lets one of many concurrent writers through", async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, i) => store.save(type, change("k", { version: BigInt(i + 1) }))),
      );
      expect(outcomes.filter((outcome) => outcome === "saved")).to.have.length(1);
    });

    it("tells each of many concurrent saves its own outcome", async () => {
      await Promise.all(["a", "b"].map((key) => store.save(type, change(key, { version: 5n }))));
      const outcomes = await Promise.all([
        store.save(type, change("a", { expectedVersion: 5n, version: 6n })),
        store.save(type, change("b", { expectedVersion: 4n, version: 7n })),
        store.save(type, change("c", { expectedVersion: 3n, version: 4n })),
        store.save(type, change("d", { version: 1n })),
        // One after another on one key: the first of two from one version is the one that is saved.
        store.save(type, change("d", { expectedVersion: 1n, version: 2n })),
        store.save(type, change("d", { expectedVersion: 1n, version: 3n })),
        store.save(type, change("a", { version: 9n })),
      ]);
      const expected = ["saved", "conflict", "conflict", "saved", "saved", "conflict", "conflict"];
      expect(outcomes).to.deep.equal(expected);
      const versions = await Promise.all(
        ["a", "b", "c", "d"].map(async (key) => (await store.load(type, key))?.version),
      );
      expect(versions).to.deep.equal([6n, 5n, undefined, 2n]);
    });

    it("keeps messages without a key, tombstones and headers of any name", async () => {
      const bare: PendingMessage = {
        sequence: "1.0",
        topic: "t",
        key: undefined,
        value: null,
        headers: { "a.$b": "" },
      };
      await store.save(type, change("k", { pending: [bare] }));
      const [found] = (await store.load(type, "k"))?.pending ?? [];
      expect(found).to.deep.include({ topic: "t", key: undefined, value: null, headers: { "a.$b": "" } });
    });

    it("writes state, messages and position together", async () => {
      await store.save(
        type,
        change("k", { pending: [message("1.0"), message("1.1")], applied: { source: "s", offsets: [5n, 7n] } }),
      );
      const entity = await store.load(type, "k");
      expect(entity?.pending.map(({ sequence }) => sequence)).to.deep.equal(["1.0", "1.1"]);
      expect(entity?.pending[0]).to.deep.include({
        topic: "users",
        key: "u/d",
        partitionKey: "u",
        headers: { ce_id: "1.0" },
      });
      expect(Buffer.from(entity?.pending[1]?.value ?? []).toString()).to.equal("1.1");
      expect(entity?.applied.get("s")).to.deep.equal([5n, 7n]);
    });

    it("writes none of them on a conflict", async () => {
      await store.save(type, change("k", {}));
      await store.save(type, change("k", { pending: [message("1.0")], applied: { source: "s", offsets: [5n, 7n] } }));
      const entity = await store.load(type, "k");
      expect(entity?.pending).to.deep.equal([]);
      expect(entity?.applied.get("s")).to.equal(undefined);
    });

    it("fails a change that cannot be written alone, not its neighbours", async () => {
      const bad = { ...stateOf("bad"), version: "none" };
      const outcomes = await Promise.allSettled([
        store.save(type, change("a", {})),
        store.save(type, change("bad", { state: bad })),
        store.save(type, change("b", {})),
      ]);
      expect(outcomes.map(({ status }) => status)).to.deep.equal(["fulfilled", "rejected", "fulfilled"]);
      expect(await store.load(type, "b")).to.include({ version: 1n });
    });

    it("keeps the positions of other sources", async () => {
      await store.save(type, change("k", { applied: { source: "a", offsets: [1n] } }));
      await store.save(
        type,
        change("k", { expectedVersion: 1n, version: 2n, applied: { source: "b.$c", offsets: [2n] } }),
      );
      expect([...((await store.load(type, "k"))?.applied ?? [])].sort()).to.deep.equal([
        ["a", [1n]],
        ["b.$c", [2n]],
      ]);
    });

    it("forgets messages up to a sequence and keeps later ones", async () => {
      await store.save(type, change("k", { pending: [message("1.0"), message("1.1")] }));
      await store.save(type, change("k", { expectedVersion: 1n, version: 2n, pending: [message("2.0")] }));
      await store.clearPending(type, "k", "1.1");
      expect((await store.load(type, "k"))?.pending.map(({ sequence }) => sequence)).to.deep.equal(["2.0"]);
    });

    it("forgets earlier messages with a change that says so, and only if it is saved", async () => {
      await store.save(type, change("k", { pending: [message("1.0"), message("1.1")] }));
      const sequences = async () => (await store.load(type, "k"))?.pending.map(({ sequence }) => sequence);
      const next = { version: 2n, pending: [message("2.0")], forgetsEarlier: true };
      expect(await store.save(type, change("k", next))).to.equal("conflict");
      expect(await sequences()).to.deep.equal(["1.0", "1.1"]);
      expect(await store.save(type, change("k", { ...next, expectedVersion: 1n }))).to.equal("saved");
      expect(await sequences()).to.deep.equal(["2.0"]);
      await store.save(type, change("k", { expectedVersion: 2n, version: 3n, forgetsEarlier: true }));
      expect(await sequences()).to.deep.equal([]);
      expect(await all(store.pending(type))).to.deep.equal([]);
    });

    it("finds the entities with unpublished messages", async () => {
      await store.save(type, change("a", {}));
      await store.save(type, change("b", { pending: [message("1.0")] }));
      await store.save(type, change("c", { pending: [message("1.0")] }));
      await store.clearPending(type, "c", "1.0");
      expect((await all(store.pending(type))).map(({ key }) => key)).to.deep.equal(["b"]);
    });

    it("keeps version and position of a deleted entity", async () => {
      await store.save(type, change("k", { version: 3n, applied: { source: "s", offsets: [1n] } }));
      await store.save(type, change("k", { expectedVersion: 3n, version: 4n, state: undefined }));
      const entity = await store.load(type, "k");
      expect(entity).to.include({ version: 4n, state: undefined });
      expect(entity?.applied.get("s")).to.deep.equal([1n]);
    });

    it("scans all entities of a type, in key order, over several pages", async () => {
      const keys = Array.from({ length: 450 }, (_, i) => `k${String(i).padStart(3, "0")}`);
      await Promise.all(keys.map((key) => store.save(type, change(key, {}))));
      expect((await all(store.scan(type))).map(({ key }) => key)).to.deep.equal(keys);
      expect((await all(store.scan(type, "k009"))).map(({ key }) => key)).to.deep.equal(keys.slice(10));
    });

    it("answers when it is asked whether it is there", async () => {
      expect(await store.ping()).to.equal(undefined);
    });

    expectCases(17);
  });
};
