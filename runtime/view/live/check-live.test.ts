import { expect } from "chai";
import { type Customers, loadCustomers } from "../../../test/view-protos/customers.ts";

describe("the check of a live query", () => {
  let customers: Customers;

  before(async () => {
    customers = await loadCustomers();
  });

  /** `CODE at spot: remedy` of each mistake. */
  const mistakes = (text: string, response: string, isStreamed = true): string[] => {
    const outcome = customers.compileLive(text, response, isStreamed);
    if (outcome.kind === "ok") return [];
    return outcome.problems.map(
      ({ code, offset, remedy }) => `${code} at ${/\S+/.exec(text.slice(offset))?.[0]}: ${remedy}`,
    );
  };

  it("takes the row, columns of it, and envelopes", () => {
    for (const [items, response] of [
      ["*", "Customer"],
      ["customer_id AS id, name, :request_id", "Summary"],
      ["* AS row", "CustomerChange"],
      ["* AS row, :request_id", "CustomerChange"],
      ["* AS row, 'x' AS request_id", "CustomerChange"],
      ["* AS row", "BareChange"],
    ] as const) {
      expect(mistakes(`SELECT ${items} FROM customers WHERE age > 1`, response), items).to.deep.equal([]);
    }
  });

  it("refuses what is not live, with the place and a remedy", () => {
    const off = "take it out, or take stream_updates off";
    expect(mistakes("SELECT * FROM customers LIMIT 1", "Customer")).to.deep.equal([`NOT_LIVE at LIMIT: ${off}`]);
    expect(mistakes("SELECT * FROM customers OFFSET 1", "Customer")).to.deep.equal([`NOT_LIVE at OFFSET: ${off}`]);
    const not = (text: string): string[] => mistakes(text, "Customer").filter((each) => each.startsWith("NOT_LIVE"));
    expect(not("SELECT * FROM customers ORDER BY name")).to.have.length(1);
    expect(not("SELECT * FROM customers GROUP BY name")).to.have.length(1);
    expect(not("SELECT * FROM customers JOIN orders ON name = name")).to.have.length(1);
    expect(mistakes("SELECT * FROM customers", "Customer", false)).to.deep.equal([
      "NOT_LIVE at SELECT: let it return a stream, or take stream_updates off",
    ]);
  });

  it("refuses envelopes that are none", () => {
    for (const [items, response, expected] of [
      ["* AS row", "WrongChange", "RESULT_TYPE_MISMATCH at row: make it int64, or give it another name"],
      ["* AS row", "TokenOnly", "RESULT_SHAPE at row: add `string change` to test.views.TokenOnly"],
      ["* AS rows", "BareChange", "RESULT_SHAPE at rows: make it test.views.Customer, not repeated and in no oneof"],
      ["* AS change", "CustomerChange", "RESULT_TYPE_MISMATCH at change"],
      ["* AS kye", "CustomerChange", "UNKNOWN_RESULT_FIELD at kye: add the field to test.views.CustomerChange"],
      ["* AS row, name AS request_id", "CustomerChange", "RESULT_SHAPE at name: take it out"],
      ["* AS row, 'x' AS change", "CustomerChange", "RESULT_SHAPE at change: take one out"],
      ["* AS row, * AS row", "CustomerChange", "RESULT_SHAPE at *"],
    ] as const) {
      const found = mistakes(`SELECT ${items} FROM customers`, response);
      expect(found, items).to.have.length(1);
      expect(found[0]?.slice(0, expected.length)).to.equal(expected);
    }
  });
});
