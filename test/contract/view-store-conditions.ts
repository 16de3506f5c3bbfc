import { expect } from "chai";
import { expectCode } from "../support/expect-code.ts";
import type { ViewStoreCase } from "./view-store.ts";

const rows = [
  {
    name: "Ada Lovelace",
    nick: "ada",
    email: "ada",
    age: 36,
    score: 36n,
    tags: ["math", "vip"],
    address: { city: "London" },
  },
  {
    name: "Bob",
    nick: "",
    email: "bob@x.io",
    age: 17,
    score: 18n,
    tags: ["vip"],
    levels: [3, 17],
    attributes: { team: "red" },
  },
  {
    name: "cy_%",
    email: "cy@y.io",
    age: 0,
    score: -1n,
    tags: ["a", "b", "vip"],
    contact: { $case: "phone", value: "1" },
  },
  {
    name: "a\u{1F600}b",
    nick: "c",
    age: 99,
    score: 99n,
    token: new Uint8Array([1, 255]),
    rating: Number.POSITIVE_INFINITY,
    tier: "TIER_GOLD",
  },
  {
    name: "",
    email: "",
    age: -5,
    levels: [5],
    score: 2n ** 62n,
    contact: { $case: "office", value: { city: "Rome" } },
  },
] as const;

/** Condition, what the request sets, and the rows that are found by their numbers. */
const cases: readonly (readonly [condition: string, request: object, found: string])[] = [
  ["name LIKE 'Bob'", {}, "1"],
  ["name NOT LIKE 'Bob'", {}, "0 2 3 4"],
  ["name LIKE 'A%'", {}, "0"],
  ["name LIKE '%lace'", {}, "0"],
  ["name LIKE '%Love%'", {}, "0"],
  ["name LIKE '%o%'", {}, "0 1"],
  ["name LIKE 'a_b'", {}, "3"],
  ["name LIKE '_o_'", {}, "1"],
  ["name LIKE '%'", {}, "0 1 2 3 4"],
  ["nick LIKE '%'", {}, "0 1 3"],
  ["name LIKE ''", {}, "4"],
  ["name LIKE 'A%a_e'", {}, "0"],
  ["name LIKE '%L_velac_'", {}, "0"],
  ["name LIKE 'cy!_%'", {}, ""],
  ["nick NOT LIKE '%d%'", {}, "1 3"],
  ["name LIKE :customer_name", { customer_name: "A%" }, "0"],
  ["name LIKE :customer_name", { customer_name: "%b" }, "1 3"],
  ["name LIKE :customer_name", { customer_name: "Bob" }, "1"],
  ["name LIKE :customer_name", { customer_name: "" }, "4"],
  ["name LIKE :customer_name", { customer_name: "B.b" }, ""],
  ["name LIKE :customer_name AND age = 17", { customer_name: "%o%" }, "1"],
  ["nick NOT LIKE :customer_name", { customer_name: "%d%" }, "1 3"],
  ["name STARTS_WITH 'Ada'", {}, "0"],
  ["starts_with(name, :customer_name)", { customer_name: "a\u{1F600}" }, "3"],
  ["name STARTS_WITH :customer_name", { customer_name: "" }, "0 1 2 3 4"],
  ["name STARTS_WITH :customer_name", { customer_name: "%" }, ""],
  ["NOT nick STARTS_WITH :customer_name", { customer_name: "a" }, "1 3"],
  ["NOT name STARTS_WITH 'A'", {}, "1 2 3 4"],
  ["attributes.team STARTS_WITH 'r'", {}, "1"],
  ["'vip' = ANY(tags)", {}, "0 1 2"],
  ["NOT 'vip' = ANY(tags)", {}, "3 4"],
  [":customer_name = ANY(tags)", { customer_name: "math" }, "0"],
  [":customer_name = ANY(tags) AND 'vip' = ANY(tags) AND age > 3", { customer_name: "math" }, "0"],
  ["NOT :customer_name = ANY(tags) AND age = 17", { customer_name: "math" }, "1"],
  ["name = ANY(:names)", { names: ["Bob", "", "Bob", "$ne"] }, "1 4"],
  ["name = ANY(:names)", { names: [] }, ""],
  ["NOT name = ANY(:names)", { names: ["Bob", ""] }, "0 2 3"],
  ["NOT nick = ANY(:names) AND age < 50", { names: ["", "c"] }, "0"],
  ["NOT nick = ANY(:names) AND age < 50", { names: [] }, "0 1"],
  ["nick = email", {}, "0"],
  ["nick != email", {}, "1 3"],
  ["age < score", {}, "1 4"],
  ["age >= score", {}, "0 2 3"],
  ["NOT age = score", {}, "1 2 4"],
  ["nick = ANY(tags)", {}, ""],
  ["age = ANY(levels)", {}, "1"],
  [":age = ANY(levels)", { age: 5 }, "4"],
  ["address IS NULL", {}, "1 2 3 4"],
  ["address IS NOT NULL", {}, "0"],
  ["office IS NOT NULL AND office.city = 'Rome'", {}, "4"],
  ["phone IS NOT NULL", {}, "2"],
  ["tags IS NULL", {}, ""],
  ["rating = :rating", { rating: Number.POSITIVE_INFINITY }, "3"],
  ["tier = 'TIER_AURUM'", {}, "3"],
  ["tier != 'TIER_AURUM'", {}, "0 1 2 4"],
  ["tier IN ('TIER_SILVER', 'TIER_AURUM')", {}, "3"],
  ["token = :token", { token: new Uint8Array([1, 255]) }, "3"],
  [":nick IS NULL OR nick = :nick", {}, "0 1 2 3 4"],
  [":nick IS NULL OR nick = :nick", { nick: "ada" }, "0"],
  [":nick IS NOT NULL AND age > 20", {}, ""],
  [":nick IS NOT NULL AND age > 20", { nick: "" }, "0 3"],
  ["(:address IS NULL OR address.city = :address.city) AND age > 0", { address: { city: "London" } }, "0"],
  ["(:address IS NULL OR address.city = :address.city) AND age > 0", {}, "0 1 3"],
  ["NOT (:filter IS NOT NULL AND name != :filter.name) AND age > 0", {}, "0 1 3"],
  ["(:filter IS NULL OR name = ANY(:filter.names)) AND age > 0", {}, "0 1 3"],
  ["(:filter IS NULL OR name = ANY(:filter.names)) AND age > 0", { filter: { names: ["Bob"] } }, "1"],
  ["(:filter IS NULL OR name = ANY(:filter.names)) AND age > 0", { filter: {} }, ""],
  ["(:filter IS NULL OR NOT name = ANY(:filter.names)) AND age > 0", { filter: { names: ["Bob"] } }, "0 3"],
  ["(:filter IS NOT NULL OR NOT name = ANY(:filter.names)) AND age > 0", {}, ""],
  ["(:filter IS NOT NULL OR name IN ('Bob', :filter.name)) AND age > 0", {}, "1"],
];

/** Every construct of a condition finds its rows, through an index. */
export const describeConditions = ({ store, customers, keys }: ViewStoreCase): void => {
  it("finds the rows of every construct of a condition, by its index", async () => {
    for (const [condition, request, expected] of cases) {
      const query = customers().query(`SELECT * FROM customers WHERE ${condition}`);
      const table = customers().table(query);
      await store().open(table);
      await store().write(
        table,
        rows.map((row, i) => customers().put(`${i}`, row)),
      );
      expect((await keys(table, query, request)).join(" "), condition).to.equal(expected);
      const plan = await store().explain(table, query.plan, customers().request.fromPartial(request));
      expect(plan, condition).to.not.match(/\bSCAN (?!json_each|page)|\bCOLLSCAN\b|"SORT"/);
    }
  });

  it("fills what a later query computes, and follows the row from then on", async () => {
    const plain = customers().query("SELECT * FROM customers");
    const table = customers().table(plain);
    await store().open(table);
    await store().write(
      table,
      rows.map((row, i) => customers().put(`${i}`, row)),
    );
    const later = ["name LIKE '%Love%'", "'vip' = ANY(tags) AND age > 3", "nick = email", "address IS NOT NULL"];
    const queries = later.map((condition) => customers().query(`SELECT * FROM customers WHERE ${condition}`));
    const wider = { ...customers().table(...queries), id: table.id };
    await store().open(wider);
    const found = () => Promise.all(queries.map(async (query) => (await keys(wider, query)).join(" ")));
    expect(await found()).to.deep.equal(["0", "0 1", "0", "0"]);
    const changed = { name: "Lovely", nick: "x", email: "x", age: 20, tags: ["vip", "vip"], address: {} };
    await store().write(wider, [customers().put("0", { name: "Ada", tags: [] }, 2), customers().put("2", changed, 2)]);
    expect(await found()).to.deep.equal(["2", "1 2", "2", "2"]);
    await store().write(wider, [{ ...customers().put("2", {}, 3), row: undefined }]);
    expect(await found()).to.deep.equal(["", "1", "", ""]);
  });

  it("refuses, of a request, a pattern that no index serves", async () => {
    const query = customers().query("SELECT * FROM customers WHERE name LIKE :customer_name");
    const table = customers().table(query);
    await store().open(table);
    for (const customer_name of ["%", "%a%", "_", "_a%"]) {
      await expectCode(keys(table, query, { customer_name }), "INVALID_FIELD");
    }
    expect(await keys(table, query, { customer_name: "a%" })).to.deep.equal([]);
  });

  it("takes a pattern of a thousand characters, whatever they are, and refuses one more", async () => {
    const conditions = [
      "name LIKE :customer_name AND age = 1",
      "name NOT LIKE :customer_name",
      "name LIKE :customer_name",
    ];
    const name = "a".repeat(20_000);
    const some = "\u{1F600}".repeat(999);
    for (const condition of conditions) {
      const query = customers().query(`SELECT * FROM customers WHERE ${condition}`);
      const table = customers().table(query);
      await store().open(table);
      await store().write(table, [
        customers().put("k", { name, age: 1 }),
        customers().put("l", { name: some, age: 1 }),
      ]);
      const found = (customer_name: string) => keys(table, query, { customer_name });
      const isNegated = condition.includes("NOT");
      expect(await found(`a%${"_".repeat(998)}`), condition).to.deep.equal([isNegated ? "l" : "k"]);
      expect(await found(`a%${"_".repeat(995)}b%a`), condition).to.deep.equal(isNegated ? ["k", "l"] : []);
      expect(await found(`${some}%`), condition).to.deep.equal([isNegated ? "k" : "l"]);
      for (const customer_name of [`${some}%%`, `a%${"_".repeat(30_000)}`, `${"x".repeat(40_000)}%`]) {
        await expectCode(found(customer_name), "INVALID_FIELD");
      }
    }
  });

  it("reads and counts rows by the longest condition there may be", async () => {
    const list = (count: number, test: (i: number) => string, by: string): string =>
      Array.from({ length: count }, (_, i) => test(i)).join(by);
    const condition = `(${list(16, (i) => `age != ${i}`, " OR ")}) AND ${list(199, (i) => `score != ${i}`, " AND ")}`;
    const query = customers().query(`SELECT * FROM customers WHERE ${condition}`);
    const table = customers().table(query);
    await store().open(table);
    await store().write(
      table,
      [{ age: 3, score: 200n }, { age: 20, score: 300n }, { age: 1, score: 5n }, {}].map((row, i) =>
        customers().put(`${i}`, row),
      ),
    );
    expect(await keys(table, query)).to.deep.equal(["0", "1"]);
    expect(await store().count(table, query.plan, {})).to.equal(2);
  });

  it("takes time in proportion for patterns that are written to take longer", async () => {
    const query = customers().query("SELECT * FROM customers WHERE name LIKE :customer_name AND age = 1");
    const table = customers().table(query);
    await store().open(table);
    await store().write(table, [customers().put("k", { name: "a".repeat(20_000), age: 1 })]);
    const began = Date.now();
    expect(await keys(table, query, { customer_name: `${"%a".repeat(30)}%b%` })).to.deep.equal([]);
    expect(Date.now() - began).to.be.below(5000);
  });
};
