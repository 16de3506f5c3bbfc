import { readFileSync } from "node:fs";
import { Status, view } from "rollcall";
import { specify } from "rollcall/testkit";
import { customerJournal } from "./customer-journal.ts";
import * as updates from "./customer-updates.ts";
import { CustomerByNameViewDefinition } from "./gen/customers/by_name_view.ts";
import { service } from "./service.ts";

describe("customers and their events", () => {
  const { given } = specify(service(readFileSync(new URL("gen/descriptors.binpb", import.meta.url))));
  const journal = customerJournal();
  const byName = view(CustomerByNameViewDefinition, { updates });
  const customer = { customer_id: "c1", name: "Ann", email: "ann@example.com" };
  const created = { CustomerCreated: { customer } };

  it("given nothing, when a customer is created, then the event", () =>
    given(journal, "c1")
      .when("create", customer)
      .thenExpect({ reply: customer, events: [created], state: customer }));

  it("given a customer, when it is created again, then it is there already", () =>
    given(journal, "c1", created).when("create", customer).thenFails(Status.ALREADY_EXISTS, "already"));

  it("given nothing, when a customer with two names is imported, then both events", () =>
    given(journal, "c1")
      .when("import", { customer_id: "c1", email: "ann@example.com", names: ["Ann", "Bea"] })
      .thenExpect({ reply: { name: "Bea" }, events: [created, { CustomerNameChanged: { new_name: "Bea" } }] }));

  it("given a row, when the customer is created once more, then the row stays as it is", () =>
    given(
      byName,
      "c1",
      { processCustomerCreated: { customer } },
      { processCustomerNameChanged: { new_name: "Bea" } },
      { processCustomerCreated: { customer } },
    )
      .when("getCustomers", { customer_name: "Bea" })
      .thenExpect([{ customer_id: "c1" }]));
});
