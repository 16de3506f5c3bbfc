import { expect } from "chai";
import fc from "fast-check";
import type { CompiledQuery } from "../../runtime/view/compile-query.ts";
import type { ViewTable, ViewWrite } from "../../runtime/view/store.ts";
import type { ViewStoreCase } from "./view-store.ts";

/** Replay, duplicates and reorder all end in the same rows. */
export const describeGuard = ({ store, customers, keys }: ViewStoreCase): void => {
  let query: CompiledQuery;
  let table: ViewTable;

  const open = async (): Promise<void> => {
    query = customers().query("SELECT * FROM customers WHERE name = :customer_name");
    table = customers().table(query);
    await store().open(table);
  };
  const named = (name: string): Promise<string[]> => keys(table, query, { customer_name: name });
  const put = (name: string, at: number): ViewWrite => customers().put("k", { name }, at);
  const remove = (at: number): ViewWrite => ({ ...put("", at), row: undefined });

  describe("guard", () => {
    beforeEach(open);

    it("keeps the newest of one source, whatever order writes come in", async () => {
      await store().write(table, [put("second", 2)]);
      await store().write(table, [put("first", 1), put("duplicate", 2)]);
      expect(await named("second")).to.deep.equal(["k"]);
      await store().write(table, [put("third", 3)]);
      expect([await named("second"), await named("third")]).to.deep.equal([[], ["k"]]);
    });

    it("does not bring a deleted row back by an older write", async () => {
      await store().write(table, [put("a", 1)]);
      await store().write(table, [remove(3)]);
      await store().write(table, [put("a", 2)]);
      expect(await named("a")).to.deep.equal([]);
      await store().write(table, [put("a", 4)]);
      expect(await named("a")).to.deep.equal(["k"]);
    });

    it("remembers a delete that comes before the row it deletes", async () => {
      await store().write(table, [remove(2), put("a", 1)]);
      expect(await named("a")).to.deep.equal([]);
    });

    it("compares a position with its own source and scale only", async () => {
      await store().write(table, [put("a", 9)]);
      await store().write(table, [{ ...put("other source", 1), source: "__proto__" }]);
      expect(await named("other source")).to.deep.equal(["k"]);
      await store().write(table, [{ ...put("other scale", 1), position: { scale: "offset/1", at: "1" } }]);
      expect(await named("other scale")).to.deep.equal(["k"]);
      await store().write(table, [{ ...put("stale", 1), source: "__proto__" }]);
      expect(await named("other scale")).to.deep.equal(["k"]);
    });

    it("comes to the same end by any batches, repeats and order", async () => {
      const writes = fc.array(fc.record({ at: fc.integer({ min: 1, max: 9 }), gone: fc.boolean() }), {
        minLength: 1,
        maxLength: 12,
      });
      await fc.assert(
        fc.asyncProperty(writes, fc.integer({ min: 1, max: 4 }), async (list, size) => {
          await open();
          // One position is one event: what it says does not depend on which copy comes first.
          const isGone = new Map(list.map(({ at, gone }) => [at, gone]));
          const all = list.map(({ at }) => (isGone.get(at) === true ? remove(at) : put(`at ${at}`, at)));
          for (let i = 0; i < all.length; i += size) await store().write(table, all.slice(i, i + size));
          const last = Math.max(...list.map(({ at }) => at));
          expect(await named(`at ${last}`)).to.deep.equal(isGone.get(last) === true ? [] : ["k"]);
        }),
        { numRuns: 40 },
      );
    });

    it("takes concurrent writes in the order of the calls", async () => {
      await Promise.all([3, 1, 2].map((at) => store().write(table, [put(`at ${at}`, at)])));
      expect(await named("at 3")).to.deep.equal(["k"]);
    });
  });
};
