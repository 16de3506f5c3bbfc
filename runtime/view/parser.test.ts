import { expect } from "chai";
import fc from "fast-check";
import { queries } from "../../test/view-protos/asts.ts";
import type { Condition } from "./ast.ts";
import { parseQuery } from "./parser.ts";
import { printQuery } from "./printer.ts";

const problem = (source: string): string => {
  const outcome = parseQuery(source);
  if (outcome.kind === "ok") return "none";
  const [found] = outcome.problems;
  return found === undefined ? "none" : `${found.offset}: ${found.text}`;
};

const printed = (source: string): string => {
  const outcome = parseQuery(source);
  return outcome.kind === "ok" ? printQuery(outcome.value).replaceAll("`", "") : problem(source);
};

const withoutOffsets = (tree: unknown): unknown =>
  JSON.parse(
    JSON.stringify(tree, (_, node: unknown) =>
      // The clause `offset` is an object or null, the place `offset` a number.
      typeof node === "object" && node !== null && "offset" in node && typeof node.offset === "number"
        ? { ...node, offset: undefined }
        : node,
    ),
  );

describe("parseQuery", () => {
  it("takes keywords in any case and any white space", () => {
    expect(printed("select *\r\n\tFrom customers wHERE\n name='x'aNd age>3")).to.equal(
      "SELECT * FROM customers WHERE name = 'x' AND age > 3",
    );
  });

  it("binds NOT before AND before OR, and parentheses before all", () => {
    const where = (text: string): string =>
      printed(`SELECT * FROM t WHERE ${text}`).slice("SELECT * FROM t WHERE ".length);
    expect(where("a = 1 OR b = 2 AND NOT c = 3")).to.equal("a = 1 OR (b = 2 AND NOT c = 3)");
    expect(where("(a = 1 OR b = 2) AND c = 3")).to.equal("(a = 1 OR b = 2) AND c = 3");
    expect(where("NOT NOT (a = 1)")).to.equal("NOT NOT a = 1");
  });

  it("takes words of later clauses for columns where they can be nothing else", () => {
    expect(printed("SELECT limit, count AS order FROM offset WHERE limit = 1 AND group.by = 2")).to.equal(
      "SELECT limit, count AS order FROM offset WHERE limit = 1 AND group.by = 2",
    );
  });

  it("reads the whole final language", () => {
    const text =
      "SELECT c.*, (a, :p AS q) AS m, collect(DISTINCT b) AS l, count(*) AS n, has_more() AS more FROM t AS c LEFT JOIN u AS d ON c.a = d.b WHERE a IS NOT NULL AND (b IN (1, 'x') AND (c LIKE 'x%' AND (d = ANY(:list) AND (e STARTS_WITH 'y' AND text_search(f, :g))))) GROUP BY a ORDER BY b DESC, c ASC OFFSET page_token_offset(:t) LIMIT 10";
    expect(printed(text)).to.equal(text);
    expect(printed("SELECT * FROM t LIMIT :n OFFSET 3")).to.equal("SELECT * FROM t OFFSET 3 LIMIT :n");
    expect(printed("SELECT * FROM t WHERE NOT a NOT IN (1) AND starts_with(b, 'c')")).to.equal(
      "SELECT * FROM t WHERE NOT NOT a IN (1) AND b STARTS_WITH 'c'",
    );
  });

  it("says what was expected, and where", () => {
    expect(problem("")).to.equal("0: expected SELECT, found the end of the query");
    expect(problem("SELECT name, FROM t")).to.equal('13: expected a column, a :parameter, a value or *, found "FROM"');
    expect(problem("SELECT * FROM t WHERE a = ")).to.equal(
      "26: expected a column, a :parameter or a value, found the end of the query",
    );
    expect(problem("SELECT * FROM t WHERE (a = 1")).to.equal('28: expected ")", found the end of the query');
    expect(problem("SELECT * FROM t WHERE a 1")).to.equal('24: expected a comparison, found "1"');
    expect(problem("SELECT 'x' FROM t")).to.equal('11: expected AS and a field\'s name, found "FROM"');
    expect(problem("SELECT * FROM t WHERE a = 1 b")).to.equal(
      '28: expected AND, OR, ORDER BY, LIMIT, OFFSET or the end of the query, found "b"',
    );
    expect(problem("SELECT * FROM t WHERE a = 1::numeric")).to.contain("not supported yet");
  });

  it("expects after a clause only what may follow it", () => {
    const after: readonly (readonly [string, string])[] = [
      ["AND a = 1", '16: expected WHERE, ORDER BY, LIMIT, OFFSET or the end of the query, found "AND"'],
      ["WHERE a = 1 LIMIT 5 AND b = 2", '36: expected OFFSET or the end of the query, found "AND"'],
      ["ORDER BY a WHERE b = 1", '27: expected a comma, LIMIT, OFFSET or the end of the query, found "WHERE"'],
      ["LIMIT 1 ORDER BY a", '24: expected OFFSET or the end of the query, found "ORDER"'],
      ["LIMIT 1 LIMIT 2", '24: expected OFFSET or the end of the query, found "LIMIT"'],
      ["OFFSET 1 OFFSET 2", '25: expected LIMIT or the end of the query, found "OFFSET"'],
      ["OFFSET 1 LIMIT 2 LIMIT 3", '33: expected the end of the query, found "LIMIT"'],
      ["WHERE a NOT = 1", '28: expected IN, LIKE or STARTS_WITH after NOT, found "="'],
      ["WHERE a != ANY(b)", '27: expected a column, a :parameter or a value after !=, found "ANY"'],
      ["WHERE a > ANY(:b)", '26: expected a column, a :parameter or a value after >, found "ANY"'],
    ];
    for (const [rest, expected] of after) expect(problem(`SELECT * FROM t ${rest}`), rest).to.equal(expected);
    expect(problem("SELECT * FROM t WHERE a != any AND any = 1")).to.equal("none");
  });

  it("refuses nesting that would fill the stack", () => {
    expect(problem(`SELECT * FROM t WHERE ${"(".repeat(5000)}a = 1`)).to.contain("nested more than 100 levels");
    expect(problem(`SELECT * FROM t WHERE ${"NOT ".repeat(5000)}a = 1`)).to.contain("nested more than 100 levels");
    expect(problem(`SELECT ${"(".repeat(5000)}a`)).to.contain("nested more than 100 levels");
  });

  it("reads what was printed as the same tree", () => {
    fc.assert(
      fc.property(queries, (query) => {
        const outcome = parseQuery(printQuery(query));
        expect(outcome.kind, printQuery(query)).to.equal("ok");
        if (outcome.kind === "ok") expect(withoutOffsets(outcome.value)).to.deep.equal(withoutOffsets(query));
      }),
      { numRuns: 300 },
    );
  });

  it("answers any text with a tree or a problem inside it", () => {
    const parts =
      "SELECT * FROM WHERE AND OR NOT IN LIKE IS NULL AS ( ) , . : = != < a `b` 'c' 1 2.5 ORDER BY LIMIT ANY".split(
        " ",
      );
    const noise = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(fc.constantFrom(...parts)).map((words) => words.join(" ")),
      fc.array(fc.constantFrom(...parts)).map((words) => `SELECT * FROM t WHERE ${words.join(" ")}`),
    );
    fc.assert(
      fc.property(noise, (source) => {
        const outcome = parseQuery(source);
        if (outcome.kind === "ok") return;
        for (const { offset } of outcome.problems) expect(offset).to.be.within(0, source.length);
      }),
      { numRuns: 2000 },
    );
  });

  it("points every test at its first letter", () => {
    const outcome = parseQuery("SELECT * FROM t WHERE a = 1 OR NOT b IN (2)");
    const where = outcome.kind === "ok" ? (outcome.value.where as Condition & { kind: "or" }) : undefined;
    expect([where?.offset, where?.left.offset, where?.right.offset]).to.deep.equal([28, 22, 31]);
  });
});
