import { expect } from "chai";
import { MeshError } from "../../runtime/errors.ts";
import type { CompiledQuery } from "../../runtime/view/compile-query.ts";
import type { Position, RowChange, ViewTable } from "../../runtime/view/store.ts";
import type { ViewStoreCase } from "./view-store.ts";

const at = (...places: readonly (readonly [string, number])[]): ReadonlyMap<string, Position> =>
  new Map(places.map(([source, place]) => [source, { scale: "sequence", at: String(place).padStart(20, "0") }]));

/** Rows that handlers make are written over what was read, or not at all. */
export const describeReplace = ({ store, customers, keys }: ViewStoreCase): void => {
  let query: CompiledQuery;
  let table: ViewTable;

  const named = (name: string): Promise<string[]> => keys(table, query, { customer_name: name });
  const change = (key: string, name: string | undefined, fields: Partial<RowChange>): RowChange => ({
    key,
    expected: at(),
    at: at(["customers", 1]),
    row: name === undefined ? undefined : customers().customer.fromPartial({ customer_id: key, name }),
    ...fields,
  });

  describe("rows made by handlers", () => {
    beforeEach(async () => {
      query = customers().query("SELECT * FROM customers WHERE name = :customer_name");
      table = customers().table(query);
      await store().open(table);
    });

    it("are read with their positions, deleted ones without a message", async () => {
      await store().write(table, [customers().put("a", { name: "n" }, 1), customers().put("b", {}, 2)]);
      await store().write(table, [{ ...customers().put("b", {}, 3), row: undefined, source: "a.$b" }]);
      const rows = await store().load(table, ["a", "b", "c"]);
      expect([...rows.keys()].sort()).to.deep.equal(["a", "b"]);
      expect(rows.get("a")?.row).to.include({ customer_id: "a", name: "n" });
      expect(rows.get("b")?.row).to.equal(undefined);
      expect([...(rows.get("b")?.at ?? [])]).to.deep.equal([...at(["customers", 2], ["a.$b", 3])]);
    });

    it("are written where none was, by one writer", async () => {
      expect(await store().replace(table, [change("k", "one", {})])).to.deep.equal([true]);
      expect(await store().replace(table, [change("k", "two", {})])).to.deep.equal([false]);
      expect([await named("one"), await named("two")]).to.deep.equal([["k"], []]);
    });

    it("have what queries compute of rows, and the elements of their lists", async () => {
      const wanted = customers().query("SELECT * FROM customers WHERE name LIKE '%b%' OR 'x' = ANY(tags)");
      const own = customers().table(wanted);
      await store().open(own);
      const row = (name: string, tags: readonly string[]) =>
        customers().customer.fromPartial({ customer_id: "k", name, tags });
      const found = () => keys(own, wanted);
      await store().replace(own, [change("k", "", { row: row("abc", []) })]);
      expect(await found()).to.deep.equal(["k"]);
      const next = { expected: at(["customers", 1]), at: at(["customers", 2]) };
      await store().replace(own, [change("k", "", { ...next, row: row("", ["y"]) })]);
      expect(await found()).to.deep.equal([]);
      const last = { expected: at(["customers", 2]), at: at(["customers", 3]) };
      await store().replace(own, [change("k", "", { ...last, row: row("", ["x"]) })]);
      expect(await found()).to.deep.equal(["k"]);
    });

    it("are written only over the positions that were read", async () => {
      await store().replace(table, [change("k", "one", { at: at(["__proto__", 1], ["customers", 1]) })]);
      const expected = (await store().load(table, ["k"])).get("k")?.at ?? at();
      const next = at(["__proto__", 1], ["customers", 2]);
      expect(await store().replace(table, [change("k", "two", { expected, at: next })])).to.deep.equal([true]);
      expect(await store().replace(table, [change("k", "late", { expected, at: next })])).to.deep.equal([false]);
      expect(await named("two")).to.deep.equal(["k"]);
    });

    it("are each told their own outcome", async () => {
      await store().replace(table, [change("a", "one", {})]);
      const outcomes = await store().replace(table, [
        change("a", "two", {}),
        change("b", "two", {}),
        change("c", "two", { expected: at(["customers", 7]) }),
        change("d", undefined, {}),
      ]);
      expect(outcomes).to.deep.equal([false, true, false, true]);
      expect(await named("two")).to.deep.equal(["b"]);
      expect((await store().load(table, ["d"])).get("d")?.row).to.equal(undefined);
    });

    it("stay deleted for guarded writes that are older", async () => {
      await store().replace(table, [change("k", undefined, { at: at(["customers", 5]) })]);
      await store().write(table, [customers().put("k", { name: "old" }, 4)]);
      expect(await named("old")).to.deep.equal([]);
      await store().write(table, [customers().put("k", { name: "new" }, 6)]);
      expect(await named("new")).to.deep.equal(["k"]);
    });

    it("are refused with a value that no column holds, and nothing of the call is written", async () => {
      const changes = [change("a", "fine", {}), change("b", "NUL \0", {})];
      const refused = await store()
        .replace(table, changes)
        .catch((error: unknown) => error);
      expect(refused).to.be.instanceOf(MeshError).with.property("code", "UNSUPPORTED_VALUE");
      expect(await named("fine")).to.deep.equal([]);
    });
  });
};
