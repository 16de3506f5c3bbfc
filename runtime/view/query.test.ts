import { expect } from "chai";
import { expectCode } from "../../test/support/expect-code.ts";
import { type Customers, loadCustomers } from "../../test/view-protos/customers.ts";
import { openDatabase } from "../adapters/sqlite/database.ts";
import { createSqliteViewStore } from "../adapters/sqlite/view-store.ts";
import { encodeMessage, type Message } from "../codec.ts";
import { createQuery, type QueryOptions } from "./query.ts";

describe("createQuery", () => {
  let customers: Customers;

  before(async function () {
    this.timeout(60_000);
    customers = await loadCustomers();
  });

  type Ask = { response?: string; isStreamed?: boolean; request?: object; maxListBytes?: number };

  /** Runs a query over rows with the keys a, b, …; a stream gives an array. */
  const ask = async (text: string, rows: readonly object[], ask: Ask = {}): Promise<Message> => {
    const { response = "Customer", isStreamed = false, request = {}, ...more } = ask;
    const { db, close } = openDatabase({ folder: ":memory:" });
    const store = createSqliteViewStore(db);
    try {
      const compiled = customers.query(text, response, isStreamed);
      const table = customers.table(compiled);
      await store.open(table);
      await store.write(
        table,
        rows.map((row, i) => customers.put("abcdefgh"[i] ?? "?", row)),
      );
      const options: QueryOptions = { compiled, isStreamed, table, store, response: customers.type(response), ...more };
      const query = createQuery(options);
      const message = customers.request.fromPartial(request);
      return await (query.kind === "unary" ? query.run(message) : gather(query.run(message)));
    } finally {
      await store.close();
      close();
    }
  };

  const gather = async (stream: AsyncIterable<readonly Message[]>): Promise<Message[]> => {
    const messages: Message[] = [];
    for await (const burst of stream) messages.push(...burst);
    return messages;
  };
  const byName = "SELECT * FROM customers WHERE name = :customer_name";

  it("gives the one row of a unary query", async () => {
    const row = await ask(byName, [{ name: "x", contact: { $case: "phone", value: "1" } }, { name: "y" }], {
      request: { customer_name: "x" },
    });
    expect(row).to.deep.include({ customer_id: "a", contact: { $case: "phone", value: "1" } });
    await expectCode(ask(byName, [{ name: "x" }], { request: { customer_name: "z" } }), "ROW_NOT_FOUND");
    await expectCode(ask(byName, [{ name: "x" }, { name: "x" }], { request: { customer_name: "x" } }), "SEVERAL_ROWS");
  });

  it("gives a stream of any number of rows", async () => {
    const rows = [{ name: "x" }, { name: "x" }];
    expect(await ask(byName, rows, { isStreamed: true, request: { customer_name: "x" } })).to.have.length(2);
    expect(await ask(byName, rows, { isStreamed: true })).to.deep.equal([]);
  });

  it("gives a list, an empty one too", async () => {
    const text = "SELECT * AS results, :request_id, 3 AS count FROM customers WHERE name = :customer_name";
    const asked = { response: "Customers", request: { customer_name: "x", request_id: "r" } };
    expect(await ask(text, [], asked)).to.deep.include({ results: [], request_id: "r", count: 3 });
    const { results } = (await ask(text, [{ name: "x" }, { name: "y" }], asked)) as { results: readonly Message[] };
    expect(results.map((row) => customers.customer.fromPartial(row))).to.deep.equal([
      customers.customer.fromPartial({ customer_id: "a", name: "x" }),
    ]);
  });

  it("refuses a list that is larger than a message may be, to the byte", async () => {
    const text = "SELECT * AS results FROM customers";
    const rows = [{ name: "x".repeat(200) }, { name: "y".repeat(100) }];
    const list = await ask(text, rows, { response: "Customers" });
    const bytes = encodeMessage(customers.type("Customers"), list).length;
    await ask(text, rows, { response: "Customers", maxListBytes: bytes });
    await expectCode(ask(text, rows, { response: "Customers", maxListBytes: bytes - 1 }), "RESULT_TOO_LARGE");
  });

  it("projects columns, parameters and literals into the response", async () => {
    const row = {
      name: "n",
      address: { city: "Oslo" },
      age: 7,
      contact: { $case: "phone", value: "1" },
      joined: { seconds: 5n, nanos: 6 },
    };
    const text =
      "SELECT :request_id, customer_id AS id, name, address.city, age, phone AS mail, joined AS since, 4 AS small, 'l' AS literal FROM customers";
    const summary = customers.type("Summary");
    const found = await ask(text, [row], { response: "Summary", isStreamed: true, request: { request_id: "r" } });
    expect(found).to.deep.equal([
      summary.fromPartial({
        request_id: "r",
        id: "a",
        name: "n",
        city: "Oslo",
        age: 7n,
        contact: { $case: "mail", value: "1" },
        since: { seconds: 5n, nanos: 6 },
        small: 4,
        literal: "l",
      }),
    ]);
    expect(await ask("SELECT address.city FROM customers", [{}], { response: "Summary" })).to.deep.equal(
      summary.fromPartial({}),
    );
    await expectCode(ask("SELECT :nick AS name FROM customers", [{}], { response: "Summary" }), "MISSING_PARAMETER");
  });

  it("leaves a field unset that takes a parameter which may be unset", async () => {
    const text =
      "SELECT customer_id AS id, :nick AS mail, :address.city FROM customers WHERE (:nick IS NULL OR nick = :nick) AND :address IS NULL";
    const found = await ask(text, [{}], { response: "Summary" });
    expect(found).to.deep.equal(customers.type("Summary").fromPartial({ id: "a" }));
    const set = await ask(text, [{ nick: "n" }], { response: "Summary", request: { nick: "n" } });
    expect(set).to.deep.include({ contact: { $case: "mail", value: "n" }, city: "" });
  });

  it("wants the number of rows set, even where the condition asks whether it is", async () => {
    for (const clause of ["LIMIT", "OFFSET"]) {
      const text = `SELECT * FROM customers WHERE :rows IS NULL OR age = :rows ${clause} :rows`;
      await expectCode(ask(text, [{}], { isStreamed: true }), "MISSING_PARAMETER");
      expect(await ask(text, [{ age: 1 }, { age: 1 }], { isStreamed: true, request: { rows: 1 } })).to.have.length(1);
    }
  });

  it("makes messages of parts, of one row and of all", async () => {
    const row = { name: "n", age: 7, tags: ["x"], attributes: { team: "red" }, note: "" };
    const text =
      "SELECT c.customer_id AS key, c.* AS row, (name, age, :request_id, (address.city) AS address) AS summary, tags, attributes, note FROM customers AS c";
    const [found] = (await ask(text, [row], {
      response: "Envelope",
      isStreamed: true,
      request: { request_id: "r" },
    })) as Message[];
    expect(found).to.deep.include({ key: "a", tags: ["x"], attributes: { team: "red" }, note: "" });
    expect(found).to.have.nested.property("row.name", "n");
    expect(found).to.have.nested.property("summary.age", 7n);
    expect(found).to.have.nested.property("summary.request_id", "r");
    const list = "SELECT (customer_id AS id, name) AS results, count(*) FROM customers ORDER BY name DESC LIMIT 2";
    const summaries = await ask(list, [{ name: "x" }, { name: "z" }, { name: "y" }], { response: "Summaries" });
    expect(summaries).to.deep.equal(
      customers.type("Summaries").fromPartial({
        results: [
          { id: "b", name: "z" },
          { id: "c", name: "y" },
        ],
        count: 3,
      }),
    );
  });

  it("refuses a list of made messages that is larger than a message may be, to the byte", async () => {
    const text = "SELECT (name, name AS literal, :request_id) AS results FROM customers";
    const rows = [{ name: "x".repeat(200) }, { name: "y".repeat(100) }];
    const asked = { response: "Summaries", request: { request_id: "r" } };
    const bytes = encodeMessage(customers.type("Summaries"), await ask(text, rows, asked)).length;
    await ask(text, rows, { ...asked, maxListBytes: bytes });
    await expectCode(ask(text, rows, { ...asked, maxListBytes: bytes - 1 }), "RESULT_TOO_LARGE");
  });

  it("counts without rows", async () => {
    const text = "SELECT count(*), total_count() FROM customers WHERE age > 1 OR name = 'x'";
    const rows = [{ name: "x", age: 2 }, { name: "x" }, { age: 5 }, {}];
    expect(await ask(text, rows, { response: "CustomerPage" })).to.deep.include({ count: 3, total_count: 3n });
  });
});
