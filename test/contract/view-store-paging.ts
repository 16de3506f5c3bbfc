import { expect } from "chai";
import fc from "fast-check";
import { fieldOf, type Message } from "../../runtime/codec.ts";
import type { CompiledQuery } from "../../runtime/view/compile-query.ts";
import { createQuery } from "../../runtime/view/query.ts";
import type { ViewTable } from "../../runtime/view/store.ts";
import { expectCode } from "../support/expect-code.ts";
import type { ViewStoreCase } from "./view-store.ts";

type CustomerPage = {
  readonly results: readonly Message[];
  readonly next_page_token: string;
  readonly has_more: boolean;
  readonly total_count: bigint;
};

const selected = "SELECT * AS results, next_page_token(), has_more(), total_count() FROM customers";
const conditions = [
  "",
  "WHERE age >= 0",
  "WHERE name IN ('a', 'b')",
  "WHERE name = 'a' OR age > 1",
  "WHERE age != 0",
  "WHERE name STARTS_WITH 'a'",
  "WHERE name LIKE '%a'",
];
const orders = [
  "",
  "ORDER BY name",
  "ORDER BY nick DESC",
  "ORDER BY age DESC, nick",
  "ORDER BY nick, name DESC, score",
];

const name = fc.constantFrom("a", "b", "c", "ab", "ba", "aba");
const nick = fc.constantFrom(undefined, "", "x");
const row = fc.record({ name, nick, age: fc.integer({ min: -1, max: 3 }), score: fc.bigInt({ min: 0n, max: 2n }) });

/** Pages by token: one after the other they give the result. */
export const describePaging = ({ store, customers, sortedKeys }: ViewStoreCase): void => {
  const open = async (text: string) => {
    const query = customers().query(text, "CustomerPage", false);
    const table = customers().table(query);
    await store().open(table);
    const response = customers().type("CustomerPage");
    const call = createQuery({ compiled: query, isStreamed: false, table, store: store(), response });
    const page = async (request: object): Promise<CustomerPage> => {
      if (call.kind !== "unary") throw new Error("a page is one message");
      return (await call.run(customers().request.fromPartial(request))) as CustomerPage;
    };
    return { query, table, page };
  };
  const keysOf = ({ results }: CustomerPage): string[] => results.map((each) => String(fieldOf(each, "customer_id")));

  describe("pages", () => {
    it("give every row that stays as it is once, whatever is written between them", async function () {
      this.timeout(60_000);
      const pageSize = fc.integer({ min: 1, max: 4 });
      const rows = fc.array(row, { minLength: 1, maxLength: 10 });
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...conditions),
          fc.constantFrom(...orders),
          pageSize,
          rows,
          fc.array(row, { maxLength: 10 }),
          async (where, order, age, stable, moving) => {
            const { query, table, page } = await open(
              `${selected} ${where} ${order} LIMIT :age OFFSET page_token_offset(:request_id)`,
            );
            const stableWrites = stable.map((each, i) => customers().put(`s${i}`, each));
            await store().write(table, [...stableWrites, ...moving.map((each, i) => customers().put(`m${i}`, each))]);
            const expected = await wholeOf(table, query, sortedKeys);
            const found: string[] = [];
            let token = "";
            for (let at = 2; at < 100; at += 1) {
              const given = await page({ age, request_id: token });
              expect(given.results.length).to.be.at.most(age);
              expect(given.has_more).to.equal(given.next_page_token !== "");
              found.push(...keysOf(given));
              token = given.next_page_token;
              if (token === "") break;
              const moved = moving.map((_, i) => moving[(i + at) % moving.length] ?? {});
              await store().write(
                table,
                moved.map((each, i) => ({
                  ...customers().put(`m${i}`, each, at),
                  ...((i + at) % 3 === 0 ? { row: undefined } : {}),
                })),
              );
            }
            const isStable = (key: string): boolean => key.startsWith("s");
            expect(found.filter(isStable)).to.deep.equal(expected.filter(isStable));
          },
        ),
        { numRuns: 60 },
      );
    });

    it("are a hundred rows unless the query says otherwise, and count all rows", async () => {
      const { table, page } = await open(`${selected} OFFSET page_token_offset(:request_id)`);
      await store().write(
        table,
        Array.from({ length: 150 }, (_, i) => customers().put(`k${String(i).padStart(3, "0")}`, {})),
      );
      const first = await page({});
      expect(first).to.deep.include({ has_more: true, total_count: 150n });
      expect(first.results).to.have.length(100);
      const last = await page({ request_id: first.next_page_token });
      expect(last).to.deep.include({ has_more: false, next_page_token: "", total_count: 150n });
      expect(keysOf(last)[0]).to.equal("k100");
      expect(last.results).to.have.length(50);
    });

    it("come by the column of a range of texts, a range of values alike", async () => {
      const orders: readonly (readonly [string, string])[] = [
        ["name >= 'a' AND name < 'b'", "aa ab aba aca"],
        ["name STARTS_WITH :customer_name", "aa ab aba aca"],
        ["name STARTS_WITH 'a'", "aa ab aba aca"],
        ["name LIKE 'a%'", "aa ab aba aca"],
        ["name LIKE 'a%a'", "aa aba aca"],
        ["name LIKE '%a'", "aa aba cba aca"],
        ["name LIKE 'a%' OR name STARTS_WITH 'c'", "aa ab aba aca cba"],
      ];
      for (const [condition, expected] of orders) {
        const { table, page } = await open(
          `${selected} WHERE ${condition} LIMIT 1 OFFSET page_token_offset(:request_id)`,
        );
        await store().write(
          table,
          ["cba", "bb", "aca", "ab", "aba", "aa"].map((name, i) => customers().put(`k${i}`, { name })),
        );
        const found: unknown[] = [];
        let request_id = "";
        do {
          const given = await page({ customer_name: "a", request_id });
          found.push(...given.results.map((each) => fieldOf(each, "name")));
          request_id = given.next_page_token;
        } while (request_id !== "");
        expect(found.join(" "), condition).to.equal(expected);
      }
    });

    it("have a row at least where the next one is asked for", async () => {
      const { table, page } = await open(`${selected} LIMIT :age OFFSET page_token_offset(:request_id)`);
      for (const rows of [[], [customers().put("x", {}), customers().put("y", {})]]) {
        await store().write(table, rows);
        await expectCode(page({ age: 0 }), "INVALID_FIELD");
      }
      expect(await page({ age: 1 })).to.include({ has_more: true });
      const other = await open(selected.replace("next_page_token(), ", "").concat(" LIMIT :age"));
      await store().write(other.table, [customers().put("x", {})]);
      expect(await other.page({ age: 0 })).to.include({ has_more: true, total_count: 1n });
    });

    it("refuse a token of another query, of other parameters, and a damaged one", async () => {
      const text = `${selected} WHERE name = :customer_name ORDER BY age LIMIT 1 OFFSET page_token_offset(:request_id)`;
      const { table, page } = await open(text);
      await store().write(
        table,
        ["x", "y"].map((key) => customers().put(key, { name: "a" })),
      );
      const { next_page_token: token } = await page({ customer_name: "a" });
      expect(keysOf(await page({ customer_name: "a", request_id: token }))).to.deep.equal(["y"]);
      const other = await open(text.replace("ORDER BY age", "ORDER BY age DESC"));
      const damaged = [`${token}A`, token.slice(1), token.slice(0, -2), `${token} `, "x", token.toLowerCase()];
      for (const request_id of damaged) await expectInvalid(page({ customer_name: "a", request_id }));
      await expectInvalid(page({ customer_name: "b", request_id: token }));
      await expectInvalid(other.page({ customer_name: "a", request_id: token }));
    });

    it("and sorted rows come through indexes alone", async () => {
      const sorted = [
        "ORDER BY name",
        "ORDER BY age DESC, nick, name DESC",
        "WHERE name = 'a' ORDER BY age",
        "WHERE name = 'a' AND score > 3 ORDER BY age DESC",
        "WHERE age > 0 ORDER BY age DESC",
        "WHERE nick IS NULL ORDER BY name",
        "WHERE name IN ('a', 'b') ORDER BY nick DESC",
        "WHERE name = 'a' OR age = 3 OR nick IS NULL ORDER BY score DESC, name",
        "WHERE age > 1",
        "WHERE name STARTS_WITH 'a'",
        "WHERE name LIKE '%a'",
        "WHERE name != 'a' ORDER BY name",
      ];
      for (const rest of sorted) {
        const { query, table, page } = await open(`${selected} ${rest} LIMIT 2 OFFSET page_token_offset(:request_id)`);
        await store().write(
          table,
          Array.from({ length: 30 }, (_, i) => customers().put(`k${i}`, { name: "abc"[i % 3], age: i % 5 })),
        );
        const { next_page_token } = await page({});
        for (const request_id of ["", next_page_token]) {
          const request = customers().request.fromPartial({ request_id });
          const plan = await store().explain(table, query.plan, request);
          expect(plan, rest).to.not.match(
            /USE TEMP B-TREE FOR .*ORDER BY|\bSCAN (?!CONSTANT ROW)|\bCOLLSCAN\b|"stage": "SORT"/,
          );
        }
      }
    });

    it("are not needed to count rows", async () => {
      for (const where of ["", "WHERE name = 'a'", "WHERE name = 'a' OR age > 3", "WHERE name IN ('a', 'b')"]) {
        const query = customers().query(`SELECT count(*) FROM customers ${where}`, "CustomerPage", false);
        const table = customers().table(query);
        await store().open(table);
        await store().write(
          table,
          Array.from({ length: 30 }, (_, i) => customers().put(`k${i}`, { name: "abc"[i % 3], age: i % 5 })),
        );
        const plan = await store().explain(table, query.plan, {});
        expect(plan, where).to.not.match(/\bSCAN (?!CONSTANT ROW)|\bCOLLSCAN\b|"SORT"/);
        const expected = { "": 30, "WHERE name = 'a'": 10, "WHERE name = 'a' OR age > 3": 14 }[where] ?? 20;
        expect(await store().count(table, query.plan, {}), where).to.equal(expected);
      }
    });
  });

  const wholeOf = (table: ViewTable, { plan, ...query }: CompiledQuery, all: typeof sortedKeys): Promise<string[]> =>
    all(table, { ...query, plan: { ...plan, limit: undefined, pageToken: undefined } });
};

const expectInvalid = async (page: Promise<unknown>): Promise<void> => {
  const code = await page.then(
    () => "no error",
    (error: unknown) => fieldOf(error as object, "code"),
  );
  expect(code).to.equal("INVALID_PAGE_TOKEN");
};
