import { expect } from "chai";
import type { ViewStoreCase } from "./view-store.ts";

/** Tables change while they are in use, and go when nobody uses them. */
export const describePreparing = ({ store, customers, keys }: ViewStoreCase): void => {
  const queries = () => ({
    byName: customers().query("SELECT * FROM customers WHERE name = :customer_name"),
    byEnd: customers().query("SELECT * FROM customers WHERE email LIKE '%.org' AND age > 1"),
  });

  describe("preparing", () => {
    it("takes rows and answers what needs nothing new, before the rest is made", async () => {
      const { byName, byEnd } = queries();
      const before = customers().table(byName);
      const after = { ...customers().table(byName, byEnd), id: before.id };
      await store().open(before);
      await store().write(before, [customers().put("a", { name: "n", email: "a.org", age: 2 })]);
      const { isNew, isReady, finish } = await store().prepare(after);
      expect([isNew, isReady(byName.plan), isReady(byEnd.plan)]).to.deep.equal([false, true, false]);
      await store().write(after, [customers().put("b", { name: "n", email: "b.org", age: 2 })]);
      expect(await keys(after, byName, { customer_name: "n" })).to.deep.equal(["a", "b"]);
      await finish();
      expect(isReady(byEnd.plan)).to.equal(true);
      expect(await keys(after, byEnd)).to.deep.equal(["a", "b"]);
    });

    it("answers by no column that another definition has not kept up to date", async () => {
      const { byName, byEnd } = queries();
      const both = customers().table(byName, byEnd);
      const one = { ...customers().table(byName), id: both.id };
      await store().open(both);
      // Rows are written, and the process dies before it has finished.
      await store().prepare(one);
      await store().write(one, [customers().put("a", { name: "n", email: "a.org", age: 2 })]);
      const { isReady, finish } = await store().prepare(both);
      // A store may have kept it up for the time when its query comes back; then it is right before anything is made.
      if (isReady(byEnd.plan)) expect(await keys(both, byEnd)).to.deep.equal(["a"]);
      await finish();
      expect(isReady(byEnd.plan)).to.equal(true);
      expect(await keys(both, byEnd)).to.deep.equal(["a"]);
    });

    it("drops a table, which begins empty again", async () => {
      const { byName } = queries();
      const table = customers().table(byName);
      await store().open(table);
      await store().write(table, [customers().put("a", { name: "n" })]);
      await store().drop(table.id);
      await store().drop(table.id);
      expect((await store().prepare(table)).isNew).to.equal(true);
      await store().open(table);
      expect(await keys(table, byName, { customer_name: "n" })).to.deep.equal([]);
    });
  });
};
