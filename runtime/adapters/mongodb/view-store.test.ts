import { expect } from "chai";
import { describeViewStore, findAll } from "../../../test/contract/view-store.ts";
import { eventually } from "../../../test/support/eventually.ts";
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

    it("keeps what each of two versions computes, whichever writes the rows, under load and on the way back", async () => {
      const texts = {
        old: "SELECT * FROM customers WHERE name LIKE '%a%'",
        young: "SELECT * FROM customers WHERE age < score AND email LIKE '%b'",
      };
      const queries = { old: customers.query(texts.old), young: customers.query(texts.young) };
      const oldTable = customers.table(queries.old);
      const tables = { old: oldTable, young: { ...customers.table(queries.young), id: oldTable.id } };
      const versions: { store: ViewStore; table: typeof tables.old }[] = [{ store, table: tables.old }];
      await store.open(tables.old);
      const rows = new Map<string, { name: string; age: number; score: bigint; email: string }>();
      let at = 0;
      let isLoading = true;
      const load = async (): Promise<void> => {
        for (; isLoading; at += 1) {
          const pick = (every: number) => Math.floor(at / every) % 2 === 0;
          const row = { name: pick(1) ? "ab" : "b", age: 1, score: pick(3) ? 2n : 0n, email: pick(5) ? "b" : "a" };
          rows.set(`k${at % 97}`, row);
          const { store: writer, table } = versions[at % versions.length] as (typeof versions)[number];
          await writer.write(table, [customers.put(`k${at % 97}`, row, at)]);
        }
      };
      const loading = load();
      const written = async (writes: number): Promise<void> => {
        const enough = at + writes;
        await eventually(() => expect(at).to.be.greaterThan(enough), 30_000);
      };
      await written(100);
      const other = createMongoViewStore(mongo.db);
      const opening = other.open(tables.young);
      await written(50);
      await opening;
      versions.push({ store: other, table: tables.young });
      await written(300);
      versions.pop();
      await written(100);
      isLoading = false;
      await loading;

      const keysOf = async (from: ViewStore, version: "old" | "young") =>
        (await findAll(from, tables[version], queries[version], {})).map((row) => fieldOf(row, "customer_id")).sort();
      const expected = (holds: (row: { name: string; score: bigint; email: string }) => boolean) =>
        [...rows].flatMap(([key, row]) => (holds(row) ? [key] : [])).sort();
      const old = expected(({ name }) => name.includes("a"));
      const young = expected(({ score, email }) => score > 1n && email.endsWith("b"));
      expect(await keysOf(store, "old")).to.deep.equal(old);
      expect(await keysOf(other, "young")).to.deep.equal(young);

      // The young version goes, rows are written without it, and it comes back: nothing has to be filled.
      await other.close();
      await store.write(tables.old, [customers.put("later", { age: 1, score: 2n, email: "b" }, at)]);
      const back = createMongoViewStore(mongo.db);
      expect((await back.prepare(tables.young)).isReady(queries.young.plan)).to.equal(true);
      expect(await keysOf(back, "young")).to.deep.equal([...young, "later"].sort());
      await back.close();
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
