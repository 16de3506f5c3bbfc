import { readFileSync } from "node:fs";
import { expect } from "chai";
import { startWatching, untilTold } from "../../../test/support/watching.ts";
import { type Customers, loadCustomers } from "../../../test/view-protos/customers.ts";
import { openDatabase } from "../../adapters/sqlite/database.ts";
import { createSqliteViewStore } from "../../adapters/sqlite/view-store.ts";
import { fieldOf } from "../../codec.ts";
import { createLiveQuery } from "./live-query.ts";
import { createLiveTable } from "./live-table.ts";

const page = readFileSync("docs/query-language.md", "utf8");

const examples = [...page.matchAll(/```live (\w+)\n([\s\S]+?)\n```\n(Tells|Mistake): (.*)/g)].map(
  ([, response = "", text = "", outcome = "", expected = ""]) => ({ response, text, outcome, expected }),
);

const ada = { name: "Ada", age: 36, active: true };
const bob = { name: "Bob", age: 17 };

describe("docs/query-language.md, live queries", () => {
  let customers: Customers;

  before(async () => {
    customers = await loadCustomers();
  });

  it("says of every example what it tells", () => {
    expect(examples).to.have.length(page.split("```live").length - 1);
  });

  for (const { response, text, outcome, expected } of examples) {
    it(`tells the truth of ${text} into ${response}`, async () => {
      const compiled = customers.compileLive(text, response);
      if (compiled.kind === "problems") {
        expect([outcome, ...compiled.problems.map(({ code }) => code)]).to.deep.equal(["Mistake", expected]);
        return;
      }
      const table = customers.table(compiled.value);
      const { db, close } = openDatabase({ folder: ":memory:" });
      const store = createSqliteViewStore(db);
      await store.open(table);
      const put = (key: string, row: object, at = 1) => store.write(table, [customers.put(key, row, at)]);
      await put("ada", ada);
      await put("bob", bob);
      await put("cy", {});
      const live = createLiveTable({ store, table });
      const base = { path: "/test/Watch", request: customers.request, response: customers.type(response) };
      const call = createLiveQuery({ ...base, compiled: compiled.value, live });
      const seen = startWatching((signal) => call(customers.request.fromPartial({}), signal));
      const isEnvelope = response !== "Customer";
      const tells = expected.split(", ");
      await untilTold(seen, isEnvelope ? tells.indexOf("SYNCED") + 1 : 1);
      await put("bob", { ...bob, active: true }, 2);
      await untilTold(seen, (isEnvelope ? tells.indexOf("SYNCED") + 1 : 1) + 1);
      await put("ada", { ...ada, age: 37 }, 2);
      await untilTold(seen, (isEnvelope ? tells.indexOf("SYNCED") + 1 : 1) + 2);
      await store.write(table, [{ ...customers.put("bob", {}, 3), row: undefined }]);
      await untilTold(seen, tells.length);
      const told = isEnvelope ? seen.told : seen.messages.map((message) => String(fieldOf(message, "customer_id")));
      expect([outcome, told.join(", ")]).to.deep.equal(["Tells", expected]);
      await seen.stop();
      await live.close();
      await store.close();
      close();
    });
  }
});
