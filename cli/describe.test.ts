import { expect } from "chai";
import type { Description } from "../runtime/contract/describe.ts";
import { rollcallOn } from "../test/support/rollcall-cli.ts";
import type { DescribedTable } from "./describe-tables.ts";

describe("rollcall describe", function () {
  this.timeout(120_000);
  const { run } = rollcallOn("no/data");

  it("prints entities, actions, views with their indexes, topics and routes", async () => {
    const { code, out } = await run("describe", "examples/customer-registry");
    expect(code).to.equal(0);
    const parts = out.split("\n\n").map((part) => part.split("\n")[0]);
    expect(parts).to.deep.equal(["Entities", "Actions", "Views", "Topics", "REST"]);
    expect(out).to.contain(
      [
        "  customers.CustomerJournal",
        '    event-sourced entity "customer-journal" of customers.Customer, by customer_id',
        "    events customers.CustomerCreated, customers.CustomerNameChanged",
        "    Create(Customer)        Customer",
      ].join("\n"),
    );
    expect(out).to.contain(
      [
        "  customers.CustomerByName",
        "    UpdateCustomer(Customer)     row of table customers from value entity customers",
        "    GetCustomers(ByNameRequest)  stream of Customer: SELECT * FROM customers WHERE name = :customer_name",
        "    table customers of customers.Customer, by customer_id",
        "      index on name",
      ].join("\n"),
    );
    expect(out).to.contain(
      [
        "  customers",
        "    written by customers.CustomerEvents.PublishCreated, customers.CustomerEvents.PublishNameChanged",
        "    read by customers.CustomerByNameViewFromTopic",
      ].join("\n"),
    );
    expect(out).to.match(/^ {2}DELETE {2}\/journal\/\{customer_id\} +customers\.JournaledRegistry\.Remove$/m);
  });

  it("gives the same as JSON, of the project's own protos when none are named", async () => {
    const { code, out } = await run("describe", "--json");
    expect(code).to.equal(0);
    const described = JSON.parse(out) as Description & { readonly tables: readonly DescribedTable[] };
    const entity = described.entities.find(({ entityType }) => entityType === "user_presence");
    expect(entity).to.deep.equal({
      name: "presence.state.v1.UserPresence",
      kind: "value_entity",
      entityType: "user_presence",
      state: "presence.v1.UserPresenceState",
      events: [],
      key: ["user_id", "device_id"],
      service: "presence.state.v1.PresenceStateService",
    });
    expect(described.topics.find(({ name }) => name === "heartbeats")).to.deep.equal({
      name: "heartbeats",
      writers: ["presence.heartbeat.v1.PresenceHeartbeatEventService.HeartbeatEventToKafka"],
      readers: ["presence.state.v1.PresenceHeartbeatEventService"],
    });
    const [table] = described.tables;
    expect(table).to.include({ view: "presence.view.v1.PresenceQueryApi", name: "users" });
    expect(table?.indexes).to.deep.include(["last_seen DESC", "(key)"]);
    expect(described.routes).to.deep.include({
      verb: "PUT",
      path: "/users/{user_id}/devices/{device_id}/heartbeat",
      body: "*",
      method: "presence.heartbeat.v1.PresenceHeartbeatEventService.HeartbeatEvent",
    });
  });

  it("tells what replicated data is made of", async () => {
    const { out } = await run("describe", "test/replicated");
    expect(out).to.contain('    replicated counter "likes", by id\n    Like(LikesChange)');
    expect(out).to.contain('    replicated set "tags", by id\n    element string\n');
  });

  it("tells the key of an entity whose first method has its keys generated", async () => {
    const { out } = await run("describe", "test/orders", "--json");
    const { entities } = JSON.parse(out) as Description;
    expect(entities.map(({ key }) => key)).to.deep.equal([["order_id"], ["entry_id"], ["shelf_id"]]);
  });

  it("tells mistakes in place of a description", async () => {
    const { code, out } = await run("describe", "test/contract-protos/query-mistakes");
    expect(code).to.equal(1);
    expect(out).to.match(/\n3 mistakes\n$/);
    expect((await run("describe", "no/such/folder")).code).to.equal(2);
  });
});
