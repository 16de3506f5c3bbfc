import { readFileSync } from "node:fs";
import { expect } from "chai";
import { findAll } from "../../test/contract/view-store.ts";
import { type Customers, loadCustomers } from "../../test/view-protos/customers.ts";
import { openDatabase } from "../adapters/sqlite/database.ts";
import { createSqliteViewStore } from "../adapters/sqlite/view-store.ts";
import { fieldOf } from "../codec.ts";
import { parseTimestamp } from "./timestamp.ts";

const page = readFileSync("docs/query-language.md", "utf8");

/** The customers of the page's first table, as messages. */
const rows = (): Record<string, object> => {
  const [head, , ...body] = page
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .slice(0, 5)
    .map(cells);
  return Object.fromEntries(body.map((row) => [row[0], rowOf(head ?? [], row)]));
};

const cells = (line: string): string[] =>
  line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());

const rowOf = (head: readonly string[], row: readonly string[]): object => {
  const set = head.map((name, i) => [name, row[i] ?? ""] as const).filter(([, value]) => value !== "UNSET");
  return Object.fromEntries(
    set.map(([name, value]) => {
      switch (name) {
        case "address.city":
          return ["address", { city: value }];
        case "age":
          return [name, Number(value)];
        case "score":
          return [name, BigInt(value)];
        case "active":
          return [name, value === "true"];
        case "joined":
          return [name, parseTimestamp(value)];
        case "attributes":
          return [name, Object.fromEntries([value.split("=")])];
        case "tags":
          return [name, value.split(", ")];
        case "phone":
          return ["contact", { $case: "phone", value }];
        default:
          return [name, value];
      }
    }),
  );
};

const examples = [...page.matchAll(/```sql ?(\w*)\n([\s\S]+?)\n```\n(Finds|Mistake): (.*)/g)].map(
  ([, response = "", text = "", outcome = "", expected = ""]) => ({
    response: response || "Customer",
    text,
    outcome,
    expected,
  }),
);

/** Responses with all rows in one message. */
const lists = new Set(["Customers", "CustomerPage"]);

describe("docs/query-language.md", () => {
  let customers: Customers;

  before(async function () {
    this.timeout(60_000);
    customers = await loadCustomers();
  });

  it("says of every example what it gives", () => {
    expect(examples).to.have.length(page.split("```sql").length - 1);
  });

  for (const { response, text, outcome, expected } of examples) {
    it(`tells the truth of ${text.replaceAll("\n", " ")}`, async () => {
      const compiled = customers.compile(text, response, !lists.has(response));
      if (outcome === "Mistake") {
        const codes = compiled.kind === "ok" ? [] : compiled.problems.map(({ code }) => code);
        expect(new Set(codes)).to.deep.equal(new Set([expected]));
        return;
      }
      const query = customers.query(text, response, !lists.has(response));
      const table = customers.table(query);
      const { db, close } = openDatabase({ folder: ":memory:" });
      const store = createSqliteViewStore(db);
      await store.open(table);
      await store.write(
        table,
        Object.entries(rows()).map(([key, row]) => customers.put(key, row)),
      );
      const names = ["Bob", "O'Hara"];
      const request = customers.request.fromPartial({
        customer_name: "Ada",
        address: { city: "Paris" },
        age: 17,
        names,
      });
      const found = (await findAll(store, table, query, request)).map((row) => String(fieldOf(row, "customer_id")));
      expect(found.sort().join(", ") || "none").to.equal(expected);
      await store.close();
      close();
    });
  }
});
