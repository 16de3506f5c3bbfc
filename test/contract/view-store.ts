import { expect } from "chai";
import { fieldOf, type Message } from "../../runtime/codec.ts";
import type { CompiledQuery } from "../../runtime/view/compile-query.ts";
import type { ViewStore, ViewTable, ViewWrite } from "../../runtime/view/store.ts";
import { expectCases } from "../support/expect-cases.ts";
import { expectCode } from "../support/expect-code.ts";
import { type Customers, loadCustomers } from "../view-protos/customers.ts";
import { describeAgreement } from "./view-store-agreement.ts";
import { describeConditions } from "./view-store-conditions.ts";
import { describeGuard } from "./view-store-guard.ts";
import { describePaging } from "./view-store-paging.ts";
import { describePreparing } from "./view-store-preparing.ts";
import { describeReplace } from "./view-store-replace.ts";

export type OpenViewStore = () => Promise<{ readonly store: ViewStore; readonly close: () => Promise<void> }>;

/** What the cases of the suite share: a store of their own and the protos. */
export type ViewStoreCase = {
  readonly store: () => ViewStore;
  readonly customers: () => Customers;
  /** Keys of the rows that a query finds, sorted. */
  readonly keys: (table: ViewTable, query: CompiledQuery, request?: object) => Promise<string[]>;
  /** Keys as the store gives their rows. */
  readonly sortedKeys: (table: ViewTable, query: CompiledQuery, request?: object) => Promise<string[]>;
};

/** The laws of the ViewStore port, for any adapter. */
export const describeViewStore = (name: string, open: OpenViewStore): void => {
  describe(`view store: ${name}`, () => {
    let opened: Awaited<ReturnType<OpenViewStore>>;
    let customers: Customers;

    before(async function () {
      this.timeout(60_000);
      customers = await loadCustomers();
    });
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(async () => {
      await opened.close();
    });

    const suite: ViewStoreCase = {
      store: () => opened.store,
      customers: () => customers,
      keys: async (table, query, request) => (await suite.sortedKeys(table, query, request)).sort(),
      async sortedKeys(table, query, request = {}) {
        const rows = await findAll(opened.store, table, query, customers.request.fromPartial(request));
        return rows.map((row) => String(fieldOf(row, "customer_id")));
      },
    };
    describeGuard(suite);
    describeValues(suite);
    describeReading(suite);
    describeConditions(suite);
    describeAgreement(suite);
    describeReplace(suite);
    describePaging(suite);
    it("answers when it is asked whether it is there", async () => {
      expect(await opened.store.ping()).to.equal(undefined);
    });
    describePreparing(suite);
    expectCases(48);
  });
};

/** All rows of a query, in the order of the store. */
export const findAll = async (
  store: ViewStore,
  table: ViewTable,
  { plan }: CompiledQuery,
  request: Message,
): Promise<Message[]> => {
  const rows: Message[] = [];
  for await (const page of store.find(table, plan, request)) rows.push(...page.rows);
  return rows;
};

const describeValues = ({ store, customers, keys }: ViewStoreCase): void => {
  /** Opens a table for one query, writes rows `r0`, `r1`, … and gives the keys that are found. */
  const found = async (text: string, rows: readonly object[], request: object = {}): Promise<string[]> => {
    const query = customers().query(text);
    const table = customers().table(query);
    await store().open(table);
    await store().write(
      table,
      rows.map((row, i) => customers().put(`r${i}`, row)),
    );
    return keys(table, query, request);
  };

  describe("values", () => {
    it("takes text from a request for nothing but data", async () => {
      const evil = ["' OR 1=1 --", '"; DROP TABLE x; --', "$where", "{$ne: null}", "%", "\\", "`", "\u0001", "🙂"];
      for (const name of evil) {
        const text = "SELECT * FROM customers WHERE name = :customer_name";
        expect(await found(text, [{ name }, { name: "other" }], { customer_name: name })).to.deep.equal(["r0"]);
        const literal = `SELECT * FROM customers WHERE name = '${name.replaceAll("'", "''")}'`;
        expect(await found(literal, [{ name }, { name: "other" }])).to.deep.equal(["r0"]);
      }
    });

    it("takes map keys for nothing but names", async () => {
      for (const key of ['a"b', "a.b", "$set", "constructor", "Team"]) {
        const text = `SELECT * FROM customers WHERE attributes.\`${key}\` = 'x'`;
        const attributes = Object.fromEntries([[key, "x"]]);
        expect(await found(text, [{ attributes }, { attributes: { team: "x" } }])).to.deep.equal(["r0"]);
      }
    });

    it("compares strings by their bytes", async () => {
      // As UTF-16 the surrogates of U+1F600 sort before U+FF5E, as UTF-8 after it.
      const rows = [{ name: "\u{1F600}" }, { name: "\uFF5E" }, { name: "a" }, { name: "B" }];
      expect(await found("SELECT * FROM customers WHERE name > '\uFF5E'", rows)).to.deep.equal(["r0"]);
      expect(await found("SELECT * FROM customers WHERE name < 'a'", rows)).to.deep.equal(["r3"]);
    });

    it("keeps every digit of an int64", async () => {
      const [least, most] = [-(2n ** 63n), 2n ** 63n - 1n];
      const rows = [{ score: least }, { score: most }, { score: most - 1n }];
      const text = "SELECT * FROM customers WHERE score";
      expect(await found(`${text} = :score`, rows, { score: most })).to.deep.equal(["r1"]);
      expect(await found(`${text} = :score`, rows, { score: least })).to.deep.equal(["r0"]);
      expect(await found(`${text} >= 9223372036854775806`, rows)).to.deep.equal(["r1", "r2"]);
      expect(await found(`${text} IS NOT NULL`, rows)).to.deep.equal(["r0", "r1", "r2"]);
    });

    it("compares timestamps to the nanosecond, over years 1 to 9999", async () => {
      const joined = (seconds: bigint, nanos: number) => ({ joined: { seconds, nanos } });
      const rows = [joined(0n, 1), joined(0n, 2), joined(-62135596800n, 0), joined(253402300799n, 999999999), {}];
      const text = "SELECT * FROM customers WHERE joined";
      expect(await found(`${text} = '1970-01-01T01:00:00.000000001+01:00'`, rows)).to.deep.equal(["r0"]);
      expect(await found(`${text} > :joined`, rows, joined(0n, 1))).to.deep.equal(["r1", "r3"]);
      expect(await found(`${text} < '1970-01-01T00:00:00Z'`, rows)).to.deep.equal(["r2"]);
      expect(await found(`${text} IS NULL`, rows)).to.deep.equal(["r4"]);
    });

    it("holds defaults for values and what is absent for NULL", async () => {
      const rows = [
        {},
        { nick: "" },
        { nick: "x" },
        { address: {} },
        { note: "" },
        { contact: { $case: "phone", value: "" } },
      ];
      const text = "SELECT * FROM customers WHERE";
      expect(await found(`${text} name = ''`, rows)).to.have.length(6);
      expect(await found(`${text} nick = ''`, rows)).to.deep.equal(["r1"]);
      expect(await found(`${text} NOT nick = 'x'`, rows)).to.deep.equal(["r1"]);
      expect(await found(`${text} nick != 'y' OR nick = 'y'`, rows)).to.deep.equal(["r1", "r2"]);
      expect(await found(`${text} address.city = ''`, rows)).to.deep.equal(["r3"]);
      expect(await found(`${text} note >= ''`, rows)).to.deep.equal(["r4"]);
      expect(await found(`${text} phone = ''`, rows)).to.deep.equal(["r5"]);
      expect(await found(`${text} nick IS NULL AND name = ''`, rows)).to.have.length(4);
      expect(await found(`${text} NOT (nick IS NULL OR nick = '')`, rows)).to.deep.equal(["r2"]);
    });

    it("compares bool, enum, bytes, float and double", async () => {
      const rows = [
        { active: true, tier: "TIER_GOLD", token: new Uint8Array([0, 255]), weight: 0.1, rating: 0.1 },
        { tier: "TIER_SILVER", rating: Number.POSITIVE_INFINITY },
      ];
      const text = "SELECT * FROM customers WHERE";
      expect(await found(`${text} active = true`, rows)).to.deep.equal(["r0"]);
      expect(await found(`${text} active != :active`, rows, { active: true })).to.deep.equal(["r1"]);
      expect(await found(`${text} tier = 'TIER_GOLD'`, rows)).to.deep.equal(["r0"]);
      expect(await found(`${text} tier = :tier`, rows, { tier: "TIER_SILVER" })).to.deep.equal(["r1"]);
      expect(await found(`${text} token = :token`, rows, { token: new Uint8Array([0, 255]) })).to.deep.equal(["r0"]);
      expect(await found(`${text} token != :token`, rows, { token: new Uint8Array([0]) })).to.deep.equal(["r0", "r1"]);
      expect(await found(`${text} token = :token`, rows, {})).to.deep.equal(["r1"]);
      expect(await found(`${text} weight = 0.1`, rows)).to.deep.equal(["r0"]);
      expect(await found(`${text} rating = 0.1`, rows)).to.deep.equal(["r0"]);
      expect(await found(`${text} rating > 1`, rows)).to.deep.equal(["r1"]);
    });

    it("finds floats and doubles of any size in a list", async () => {
      const numbers = [0, -1, 0.1, 2 ** 53 + 2, 1230916873751625700, -(2 ** 62), 2 ** 63, 1e21, 5e-324, -Infinity];
      const rows = numbers.map((rating) => ({ rating, weight: rating }));
      const text = "SELECT * FROM customers WHERE";
      const all = rows.map((_, i) => `r${i}`);
      expect(await found(`${text} rating = ANY(:ratings)`, rows, { ratings: numbers })).to.deep.equal(all);
      expect(await found(`${text} weight = ANY(:weights)`, rows, { weights: numbers })).to.deep.equal(all);
      expect(await found(`${text} NOT rating = ANY(:ratings)`, rows, { ratings: numbers })).to.deep.equal([]);
    });

    it("refuses what not every store could hold, and then writes nothing of the call", async () => {
      const query = customers().query("SELECT * FROM customers WHERE name = :customer_name OR rating > :rating");
      const table = customers().table(query);
      await store().open(table);
      const refused: readonly ViewWrite[] = [
        customers().put("a", { name: "a\0b" }),
        customers().put("a", { rating: Number.NaN }),
        customers().put("a\0", {}),
      ];
      for (const write of refused) {
        await expectCode(store().write(table, [customers().put("ok", {}), write]), "UNSUPPORTED_VALUE");
      }
      await expectCode(keys(table, query, { customer_name: "\0" }), "UNSUPPORTED_VALUE");
      await expectCode(keys(table, query, { rating: Number.NaN }), "UNSUPPORTED_VALUE");
      expect(await keys(table, query, { customer_name: "" })).to.deep.equal([]);
    });
  });
};

const describeReading = ({ store, customers, keys }: ViewStoreCase): void => {
  const many = 1300;
  const open = async (...texts: readonly string[]) => {
    const queries = texts.map((text) => customers().query(text));
    const table = customers().table(...queries);
    await store().open(table);
    await store().write(
      table,
      Array.from({ length: many }, (_, i) =>
        customers().put(`k${String(i).padStart(4, "0")}`, { age: i, name: "same" }),
      ),
    );
    return { table, queries };
  };

  describe("reading", () => {
    it("gives a row of several alternatives once", async () => {
      const { table, queries } = await open("SELECT * FROM customers WHERE name = 'same' OR age >= 0 OR age != 3");
      expect(await keys(table, queries[0] as CompiledQuery)).to.have.length(many);
    });

    it("gives all rows by key without a condition, and deleted ones never", async () => {
      const { table, queries } = await open("SELECT * FROM customers");
      await store().write(table, [{ ...customers().put("k0000", {}, 2), row: undefined }]);
      const rows = await findAll(store(), table, queries[0] as CompiledQuery, {});
      const found = rows.map((row) => String(fieldOf(row, "customer_id")));
      expect(found).to.have.length(many - 1);
      expect(found).to.deep.equal(found.toSorted());
    });

    it("takes writes while pages are read, and gives no row that matches no more", async () => {
      const { table, queries } = await open("SELECT * FROM customers WHERE age >= 0 OR name = 'none'");
      const [query] = queries as [CompiledQuery];
      const found: string[] = [];
      for await (const page of store().find(table, query.plan, {})) {
        if (found.length === 0) await store().write(table, [customers().put("k1299", { age: -1 }, 2)]);
        found.push(...page.rows.map((row) => String(fieldOf(row, "customer_id"))));
      }
      expect(new Set(found).size).to.equal(found.length);
      expect(found).to.have.length(many - 1);
    });

    it("gives the rows of a window, and all of them window by window", async () => {
      for (const where of ["", "WHERE name = 'same'", "WHERE name = 'same' OR age >= 0", "WHERE email != 'x'"]) {
        const { table, queries } = await open(`SELECT * FROM customers ${where} LIMIT :age OFFSET :score`);
        const [query] = queries as [CompiledQuery];
        const found: string[] = [];
        for (const score of [0n, 600n, 1200n]) found.push(...(await keys(table, query, { age: 600, score })));
        expect(new Set(found).size, where).to.equal(many);
        expect(found).to.have.length(many);
        expect(await keys(table, query, { age: 0 })).to.deep.equal([]);
        expect(await keys(table, query, { age: 1, score: 5000n })).to.deep.equal([]);
        await expectCode(keys(table, query, { age: -1 }), "INVALID_FIELD");
      }
    });

    it("fills a column that a later query needs", async () => {
      const { table } = await open("SELECT * FROM customers");
      const query = customers().query("SELECT * FROM customers WHERE age = :age");
      const wider = { ...customers().table(query), id: table.id };
      await store().open(wider);
      expect(await keys(wider, query, { age: 7 })).to.deep.equal(["k0007"]);
    });

    it("names a parameter that the request does not set", async () => {
      const { table, queries } = await open("SELECT * FROM customers WHERE name = :nick OR name = :address.city");
      const [query] = queries as [CompiledQuery];
      await expectCode(keys(table, query, { nick: "x" }), "MISSING_PARAMETER");
      await expectCode(keys(table, query, { address: {} }), "MISSING_PARAMETER");
      expect(await keys(table, query, { nick: "x", address: { city: "same" } })).to.have.length(many);
    });

    it("enters the derived index for every query with a condition", async () => {
      // Where several indexes come to the same rows at the same price, MongoDB may take either: none of these is so.
      const conditions = [
        "name = :customer_name",
        "name = :customer_name AND age > 3",
        "name = :customer_name AND age > 3 AND age <= 9 AND email != 'x'",
        "age IN (1, 2)",
        "nick IS NULL AND age IN (1, 2)",
        "nick IS NOT NULL",
        "email != :email",
        "name = 'a' OR address.city = 'b' AND age < 3",
        "email > 'a' OR age < 3 OR name != 'same'",
        "NOT (name LIKE 's%' AND score <= 0)",
      ];
      for (const condition of conditions) {
        const { table, queries } = await open(`SELECT * FROM customers WHERE ${condition}`);
        const [query] = queries as [CompiledQuery];
        const request = customers().request.fromPartial({});
        const plan = await store().explain(table, query.plan, request);
        for (const { name } of table.indexes) expect(plan, condition).to.contain(name);
        expect(plan, condition).to.not.match(/\bSCAN\b|\bCOLLSCAN\b|"SORT"|TEMP B-TREE/);
      }
    });
  });
};
