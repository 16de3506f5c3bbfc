import { expect } from "chai";
import { loadViewProtos, type ViewProtos } from "../../test/view-protos/load.ts";
import { describeSql } from "../adapters/sqlite/view-describe.ts";
import { compileQuery } from "./compile-query.ts";
import { describePlan } from "./describe-plan.ts";
import { describeTree } from "./describe-tree.ts";
import { deriveIndexes } from "./indexes.ts";
import { parseQuery } from "./parser.ts";

describe("describing a query", () => {
  let protos: ViewProtos;
  before(async function () {
    this.timeout(60_000);
    protos = await loadViewProtos();
  });

  const compiled = (text: string) => {
    const outcome = compileQuery(text, {
      tables: new Map([["customers", protos.message("test.views.Customer")]]),
      request: protos.message("test.views.Request"),
      response: protos.message("test.views.Customer"),
      isStreamed: true,
    });
    if (outcome.kind === "problems") throw new Error(outcome.problems.map((problem) => problem.text).join());
    return outcome.value;
  };
  const described = (text: string): Record<string, readonly string[]> => {
    const query = compiled(text);
    const sections = describePlan(query, deriveIndexes([query.plan]));
    return Object.fromEntries(sections.map(({ title, lines }) => [title, lines.map(withoutHash)]));
  };
  const withoutHash = (line: string): string => line.replace(/ix_[0-9a-f]{12}/, "ix");

  it("tells each alternative, with index, equality, range and what is left", () => {
    const sections = described(
      "SELECT * FROM customers WHERE NOT (address.city != :city OR age <= 18) AND name LIKE '%a_b%' OR email = 'x''y'",
    );
    expect(sections["filter, in normal form"]).to.deep.equal([
      "   address.city = :city AND age > 18 AND name LIKE '%a_b%'",
      "OR email = 'x''y'",
    ]);
    expect(sections["alternative 1"]?.slice(0, 2)).to.deep.equal([
      "index     ix ((name LIKE '%a_b%'), address.city, age)",
      "equality  (name LIKE '%a_b%') = true AND address.city = :city",
    ]);
    expect(sections["alternative 1"]?.[2]).to.equal("range     age > 18");
    expect(sections["alternative 2"]).to.deep.equal(["index     ix (email)", "equality  email = 'x''y'"]);
    expect(sections["computed at the write"]).to.deep.equal(["(name LIKE '%a_b%'): whether name LIKE '%a_b%'"]);
    expect(sections.order).to.deep.equal(["none"]);
  });

  it("tells guards, order and paging", () => {
    const sections = described(
      "SELECT * FROM customers WHERE :nick IS NULL AND active = true ORDER BY age DESC, name LIMIT :age OFFSET 7",
    );
    expect(sections["alternative 1"]).to.deep.equal([
      "index     ix (active, age DESC, name, key)",
      "equality  active = true",
      "guards    :nick IS NULL",
    ]);
    expect(sections.order).to.deep.equal(["age DESC, name ASC, key"]);
    expect(sections.paging).to.deep.equal(["OFFSET 7", "LIMIT :age"]);
  });

  it("tells texts that are read backwards, and lists", () => {
    const sections = described("SELECT * FROM customers WHERE name LIKE '%son' AND 'x' = ANY(tags)");
    expect(sections["computed at the write"]).to.deep.equal(["reversed(name): the text, last character first"]);
    expect(sections["alternative 1"]).to.deep.equal([
      "index     ix (elements of tags, reversed(name))",
      "equality  'x' = ANY(tags)",
      "range     reversed(name) STARTS_WITH 'nos'",
    ]);
  });

  it("tells what each ? of the SQL stands for", () => {
    const { plan } = compiled("SELECT * FROM customers WHERE name = ANY(:names) OR email STARTS_WITH :email");
    const table = {
      id: "t",
      row: { schema: protos.message("test.views.Customer") },
      columns: plan.columns,
      indexes: deriveIndexes([plan]),
    };
    const [text = "", operands] = describeSql(table, plan, {});
    expect(text.match(/\?/g)).to.have.length(5);
    expect(operands).to.equal(
      "? = :names as JSON, the start of (email STARTS_WITH :email), the end of (email STARTS_WITH :email), LIMIT, OFFSET",
    );
  });

  it("draws the tree as it was parsed", () => {
    const parsed = parseQuery(
      "SELECT name AS n, :city FROM customers AS c WHERE NOT a = 1 AND b IN ('x', :y) ORDER BY n LIMIT 3",
    );
    if (parsed.kind === "problems") throw new Error("the query does not parse");
    expect(describeTree(parsed.value).join("\n")).to.equal(`select
  path name as n
  parameter :city
from customers as c
where
  and
    not
      compare =
        path a
        integer 1
    in
      path b
      string "x"
      parameter :y
order by
  ascending path n
limit
  integer 3`);
  });
});
