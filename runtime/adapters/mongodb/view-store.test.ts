import { expect } from "chai";
import { describeViewStore, findAll } from "../../../test/contract/view-store.ts";
import { expectCode } from "../../../test/support/expect-code.ts";
import { useMongod } from "../../../test/support/mongodb.ts";
import { type Customers, loadCustomers } from "../../../test/view-protos/customers.ts";
import { fieldOf } from "../../codec.ts";
import type { ViewStore } from "../../view/store.ts";
import type { Mongo } from "./client.ts";
import type { RowDocument } from "./view-document.ts";
import { createMongoViewStore } from "./view-store.ts";

describe("MongoDB view store", () => {
  const mongod = useMongod({ parameters: { notablescan: true } });

  describeViewStore("MongoDB", async () => {
    const { db, close } = await mongod.connect();
    // Smaller pages than in use, so that the suite reads several.
    const store = createMongoViewStore(db, { pageRows: 500 });
    return {
      store,
      close: async () => {
        await store.close();
        await close();
      },
    };
  });

  describe("beyond the contract", () => {
    let customers: Customers;
    let mongo: Mongo;
    let store: ViewStore;
    before(async function () {
      this.timeout(60_000);
      customers = await loadCustomers();
    });
    beforeEach(async () => {
      mongo = await mongod.connect();
      store = createMongoViewStore(mongo.db);
    });
    afterEach(() => mongo.close());

    const open = async (text: string, ...stores: readonly ViewStore[]) => {
      const query = customers.query(text);
      const table = customers.table(query);
      for (const each of stores) await each.open(table);
      return { query, table };
    };

    it("takes first writes of a row from several processes at once, and keeps the newest", async () => {
      const other = createMongoViewStore(mongo.db);
      const { query, table } = await open("SELECT * FROM customers", store, other);
      const keys = Array.from({ length: 200 }, (_, i) => `k${i}`);
      const put = (at: number) => keys.map((key) => customers.put(key, { age: at }, at));
      await Promise.all([store.write(table, put(1)), other.write(table, put(3)), store.write(table, put(2))]);
      const rows = await findAll(store, table, query, {});
      expect(rows.map((row) => fieldOf(row, "age"))).to.deep.equal(keys.map(() => 3));
    });

    it("looks at no row but those it gives", async () => {
      const { query, table } = await open("SELECT * FROM customers WHERE name = 'a' AND age > 7 OR email = 'e'", store);
      const rows = Array.from({ length: 300 }, (_, i) =>
        customers.put(`k${i}`, { name: i % 2 === 0 ? "a" : "b", age: i % 10, email: i === 3 ? "e" : "" }),
      );
      await store.write(table, rows);
      const text = await store.explain(table, query.plan, {});
      const { executionStats } = JSON.parse(text) as { executionStats: Record<string, number> };
      expect(executionStats).to.include({ nReturned: 31, totalDocsExamined: 31 });
    });

    it("keeps a deleted row for a week, without its message", async () => {
      const { table } = await open("SELECT * FROM customers", store);
      await store.write(table, [customers.put("k", {}, 1)]);
      await store.write(table, [{ ...customers.put("k", {}, 2), row: undefined }]);
      const collection = mongo.db.collection<RowDocument>(table.id);
      const document = await collection.findOne({ _id: "k" });
      expect(document).to.have.all.keys("_id", "live", "at", "deleted_at");
      const indexes = await collection.indexes();
      const { expireAfterSeconds } = indexes.find(({ name }) => name === "deleted") ?? {};
      expect(expireAfterSeconds).to.equal(7 * 24 * 3600);
      await store.write(table, [customers.put("k", {}, 3)]);
      expect(await collection.findOne({ _id: "k" })).to.have.all.keys("_id", "live", "at", "row");
    });

    it("refuses a row larger than a document may be, and takes the others of the batch", async () => {
      const { query, table } = await open("SELECT * FROM customers", store);
      const refused = store.write(table, [customers.put("large", { street: "", email: "x".repeat(17_000_000) })]);
      const taken = store.write(table, [customers.put("small", {})]);
      await expectCode(refused, "UNSUPPORTED_VALUE");
      await taken;
      const rows = await findAll(store, table, query, {});
      expect(rows.map((row) => fieldOf(row, "customer_id"))).to.deep.equal(["small"]);
    });

    it("answers while indexes of the same rows are made for another version of the service", async () => {
      const { query, table } = await open("SELECT * FROM customers WHERE name = 'a'", store);
      await store.write(table, [customers.put("k", { name: "a" })]);
      const other = createMongoViewStore(mongo.db);
      for (const column of ["age", "email", "active", "score"]) {
        const wider = customers.table(customers.query(`SELECT * FROM customers WHERE ${column} = :${column}`));
        const opening = other.open({ ...wider, id: table.id });
        expect(await findAll(store, table, query, {})).to.have.length(1);
        await opening;
        expect(await findAll(store, table, query, {})).to.have.length(1);
      }
    });
  });
});
