import { expect } from "chai";
import { type Customers, loadCustomers } from "../../test/view-protos/customers.ts";
import { deriveIndexes } from "./indexes.ts";
import type { IndexPart, Predicate } from "./plan.ts";

describe("planQuery", () => {
  let customers: Customers;

  before(async function () {
    this.timeout(60_000);
    customers = await loadCustomers();
  });

  const signs = (tests: readonly Predicate[]): string =>
    tests
      .map((test) => (test.kind === "compare" ? `${test.column} ${test.operator}` : `${test.column} ${test.kind}`))
      .join(", ");

  const partText = (part: IndexPart): string => {
    if (part.kind === "key") return "key";
    return part.column + { either: "", ascending: "", descending: " desc" }[part.direction];
  };

  /** Each disjunct as `index columns | equal | range | residual`. */
  const plan = (condition: string): string[] =>
    customers
      .query(`SELECT * FROM customers WHERE ${condition}`)
      .plan.disjuncts.map(({ index, equal, range, residual }) =>
        [index.map(partText).join(", "), signs(equal), signs(range), signs(residual)].join(" | "),
      );

  it("puts equality columns first, then one range", () => {
    expect(plan("age > 3 AND name = 'a' AND email = 'b' AND age <= 9")).to.deep.equal([
      "email, name, age | email =, name = | age >, age <= | ",
    ]);
    expect(plan("score > 3 AND age > 1 AND age < 4")).to.deep.equal(["age |  | age >, age < | score >"]);
    expect(plan("name = 'a' AND name = 'b' AND nick IS NULL AND age IN (1, 2)")).to.deep.equal([
      "name, nick, age | name =, nick null, age in |  | name =",
    ]);
  });

  it("reads a lone != as two ranges and leaves one beside others for later", () => {
    expect(plan("name != 'a'")).to.deep.equal(["name |  | name != | "]);
    expect(plan("name != 'a' AND email = 'b'")).to.deep.equal(["email | email = |  | name !="]);
    expect(plan("name != 'a' AND name != 'b'")).to.deep.equal(["name |  | name != | name !="]);
  });

  it("makes one disjunct of each alternative, with NOT inside it", () => {
    expect(plan("NOT (name = 'a' OR age > 3) OR (email = 'x' OR email = 'y') AND active = true")).to.deep.equal([
      "age |  | age <= | name !=",
      "active, email | active =, email = |  | ",
      "active, email | active =, email = |  | ",
    ]);
    expect(plan("name = 'a' OR name = 'a'")).to.have.length(1);
    expect(plan("NOT age IN (1, 2)")).to.deep.equal(["age |  | age != | age !="]);
  });

  it("refuses more than 16 alternatives", () => {
    const either = (path: string): string => `(${path} = 'a' OR ${path} = 'b')`;
    expect(plan(["name", "email", "nick", "phone"].map(either).join(" AND "))).to.have.length(16);
    const text = `SELECT * FROM customers WHERE ${["name", "email", "nick", "phone", "note"].map(either).join(" AND ")}`;
    const outcome = customers.compile(text);
    expect(outcome.kind === "problems" && outcome.problems[0]).to.include({ code: "QUERY_TOO_COMPLEX" });
  });

  it("refuses an alternative of more than 200 tests", () => {
    const list = (count: number): string => Array.from({ length: count }, (_, i) => i).join(", ");
    const outcome = (count: number) => customers.compile(`SELECT * FROM customers WHERE age NOT IN (${list(count)})`);
    expect(outcome(200).kind).to.equal("ok");
    expect(outcome(201)).to.deep.nested.include({ "problems[0].code": "QUERY_TOO_COMPLEX" });
  });

  it("refuses more than 200 combinations of IN in a sorted query, over all alternatives", () => {
    const list = (count: number): string => Array.from({ length: count }, (_, i) => i).join(", ");
    const outcome = (condition: string, rest = "ORDER BY name") =>
      customers.compile(`SELECT * FROM customers WHERE ${condition} ${rest}`);
    const [most, tooMany] = [
      `age IN (${list(20)}) AND score IN (${list(10)})`,
      `age IN (${list(67)}) AND score IN (${list(3)})`,
    ];
    expect(outcome(most).kind).to.equal("ok");
    expect(outcome(tooMany)).to.deep.nested.include({ "problems[0].code": "QUERY_TOO_COMPLEX" });
    expect(outcome(`${most} OR email = 'x'`)).to.deep.nested.include({ "problems[0].code": "QUERY_TOO_COMPLEX" });
    expect(outcome(tooMany, "").kind).to.equal("ok");
  });

  it("puts the order between equality and range, each column in its direction, and the key last", () => {
    const indexes = (...queries: readonly string[]): string[] => {
      const plans = queries.map((rest) => customers.query(`SELECT * FROM customers ${rest}`).plan);
      return deriveIndexes(plans).map(({ parts }) => parts.map(partText).join(", "));
    };
    expect(indexes("WHERE email = 'a' AND score > 3 ORDER BY age DESC, name")).to.deep.equal([
      "email, age desc, name, key, score",
    ]);
    expect(indexes("WHERE age > 3 ORDER BY age DESC")).to.deep.equal(["age desc, key"]);
    expect(indexes("WHERE age = 3 ORDER BY age DESC, name")).to.deep.equal(["age, name, key"]);
    // Read backwards, one would give equal rows by descending keys.
    expect(indexes("ORDER BY age", "ORDER BY age DESC")).to.have.members(["age, key", "age desc, key"]);
    // What does not care for a direction shares the index of what does.
    expect(indexes("WHERE age > 3", "ORDER BY age DESC")).to.deep.equal(["age desc, key"]);
  });

  it("gives pages without an order by the range that leads to their rows", () => {
    const ways = (condition: string): string[] =>
      customers
        .query(`SELECT * AS results, has_more() FROM customers WHERE ${condition}`, "CustomerPage", false)
        .plan.disjuncts.map(({ index, range }) => `${index.map(partText).join(", ")} | ${signs(range)}`);
    expect(ways("age > 3 AND age < 9")).to.deep.equal(["age, key | age >, age <"]);
    expect(ways("name STARTS_WITH :city")).to.deep.equal(["name, key | name startsWith"]);
    expect(ways("name LIKE 'a%b'")).to.deep.equal(["name, key | name startsWith"]);
    expect(ways("name LIKE '%b'")).to.deep.equal(["reversed(name), key | reversed(name) startsWith"]);
    expect(ways("name = 'a' OR age > 3")).to.deep.equal(["name, key | ", "key, age | age >"]);
  });

  it("turns patterns and starts into ranges, and looks again where wildcards stand between", () => {
    expect(plan("name LIKE 'a%'")).to.deep.equal(["name |  | name startsWith | "]);
    expect(plan("name LIKE 'a'")).to.deep.equal(["name | name = |  | "]);
    expect(plan("name LIKE 'a%b_'")).to.deep.equal(["name |  | name startsWith | name like"]);
    expect(plan("name LIKE '%a'")).to.deep.equal(["reversed(name) |  | reversed(name) startsWith | "]);
    expect(plan("name LIKE '%'")).to.deep.equal(["name |  | name null | "]);
    expect(plan("name STARTS_WITH :city AND name >= 'a' AND age = 1")).to.deep.equal([
      "age, name | age = | name startsWith, name >= | ",
    ]);
    expect(plan("name NOT LIKE :city")).to.deep.equal(["name |  | name null | name like"]);
  });

  it("reads a pattern of the request from both ends, unless something beside it narrows the rows", () => {
    expect(plan("name LIKE :city")).to.deep.equal([
      "name |  | name likeRange | name like",
      "reversed(name) |  | reversed(name) likeRange | name like",
    ]);
    expect(plan("name LIKE :city AND age = 1")).to.deep.equal(["age | age = |  | name like"]);
  });

  it("computes at the write what reads the row alone and no index serves", () => {
    expect(plan("name LIKE '%a%' AND age = 1")).to.deep.equal([
      "(name LIKE '%a%'), age | (name LIKE '%a%') =, age = |  | ",
    ]);
    expect(plan("name != email OR name = email")).to.deep.equal([
      "(name = email) | (name = email) = |  | ",
      "(name = email) | (name = email) = |  | ",
    ]);
    expect(plan("NOT 'x' = ANY(tags)")).to.deep.equal(["('x' = ANY(tags)) | ('x' = ANY(tags)) = |  | "]);
    expect(plan("address IS NOT NULL")).to.deep.equal(["presence(address) |  | presence(address) null | "]);
  });

  it("enters an index by one list, and tests the others on its rows", () => {
    expect(plan("'x' = ANY(tags) AND 'y' = ANY(tags) AND name = 'a'")).to.deep.equal([
      "name, tags | name =, tags contains |  | tags contains",
    ]);
    expect(plan("name = ANY(:names) AND age = 1")).to.deep.equal(["age, name | age =, name inList |  | "]);
    expect(deriveIndexes([customers.query("SELECT * FROM customers WHERE 'x' = ANY(tags)").plan])[0]?.list).to.equal(
      "tags",
    );
  });

  it("leads no query without a list's element through the index of the list", () => {
    const plans = ["name = 'a' AND 'x' = ANY(tags)", "name = 'a'"].map(
      (condition) => customers.query(`SELECT * FROM customers WHERE ${condition}`).plan,
    );
    expect(deriveIndexes(plans).map(({ parts }) => parts.map(partText).join())).to.have.members(["name,tags", "name"]);
  });

  it("refuses what no index leads to", () => {
    const outcome = customers.compile("SELECT * FROM customers WHERE NOT :city = ANY(tags)");
    expect(outcome).to.deep.nested.include({ "problems[0].code": "QUERY_UNINDEXABLE" });
  });

  it("derives an index for each need, none that another begins with", () => {
    const plans = ["name = 'a'", "name = 'a' AND age > 3", "age > 3", "email != 'x'"].map(
      (condition) => customers.query(`SELECT * FROM customers WHERE ${condition}`).plan,
    );
    const indexes = deriveIndexes(plans).map(({ parts }) => parts.map(partText).join());
    expect(indexes).to.have.members(["name,age", "age", "email"]);
    expect(deriveIndexes([customers.query("SELECT * FROM customers").plan])).to.deep.equal([]);
  });
});
