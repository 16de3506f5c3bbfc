import { expect } from "chai";
import { createChannel, createClient } from "nice-grpc";
import { CustomerByNameDefinition } from "../../examples/customer-registry/gen/customers/by_name.ts";
import { CustomerByNameViewDefinition } from "../../examples/customer-registry/gen/customers/by_name_view.ts";
import {
  CustomerEventsDefinition,
  CustomerNoticesDefinition,
} from "../../examples/customer-registry/gen/customers/events.ts";
import { CustomerByNameViewFromTopicDefinition } from "../../examples/customer-registry/gen/customers/from_topic.ts";
import { JournaledRegistryDefinition } from "../../examples/customer-registry/gen/customers/journal.ts";
import { CustomerRegistryDefinition } from "../../examples/customer-registry/gen/customers/registry.ts";
import { CustomersResponseByNameDefinition } from "../../examples/customer-registry/gen/customers/response.ts";
import { CustomerSummaryByNameDefinition } from "../../examples/customer-registry/gen/customers/summary.ts";
import { CustomerSummaryForRequestDefinition } from "../../examples/customer-registry/gen/customers/summary_for_request.ts";
import type { Application } from "../../runtime/component/application.ts";
import { filteredRegistry, filtersDefinition } from "../customers/filters.ts";
import { customer, customerRegistry } from "../customers/registry.ts";
import { eventually as eventuallyWithin } from "../support/eventually.ts";
import { all, known } from "../support/known.ts";
import { openTestBench, type TestBench } from "../support/served.ts";
import { describeOnBothWays } from "../support/ways-of-running.ts";

// Five views join their groups at once, on a machine that may have other things to do.
const eventually = (assertion: () => unknown): Promise<void> => eventuallyWithin(assertion, 20_000);

describeOnBothWays("the customer views of seed 004", (openPorts) => {
  let bench: TestBench;

  beforeEach(async () => {
    bench = openTestBench(await openPorts());
  });
  afterEach(() => bench.close());

  const channelTo = async (application: Application) =>
    createChannel(`127.0.0.1:${(await bench.serve(application)).port}`);

  it("take rows from a value entity, its changes and its deletion", async () => {
    const channel = await channelTo(
      customerRegistry([
        CustomerRegistryDefinition,
        CustomerByNameDefinition,
        CustomerSummaryByNameDefinition,
        CustomerSummaryForRequestDefinition,
        CustomersResponseByNameDefinition,
      ]),
    );
    const registry = createClient(CustomerRegistryDefinition, channel);
    const byName = createClient(CustomerByNameDefinition, channel);
    const summary = createClient(CustomerSummaryByNameDefinition, channel);
    const forRequest = createClient(CustomerSummaryForRequestDefinition, channel);
    const response = createClient(CustomersResponseByNameDefinition, channel);
    await registry.put(customer("a", "Ann"));
    await registry.put(customer("b", "Ann"));
    const ids = async () => (await all(byName.getCustomers({ customer_name: "Ann" }))).map((each) => each.customer_id);
    await eventually(async () => expect((await ids()).sort()).to.deep.equal(["a", "b"]));
    expect(await all(byName.getCustomers({ customer_name: "Ann" }))).to.deep.include(customer("a", "Ann"));
    await eventually(async () =>
      expect(await all(summary.getCustomers({ customer_name: "Ann" }))).to.have.deep.members([
        { id: "a", name: "Ann" },
        { id: "b", name: "Ann" },
      ]),
    );
    await eventually(async () =>
      expect(await all(forRequest.getCustomers({ customer_name: "Ann", request_id: "r" }))).to.have.deep.members([
        { request_id: "r", id: "a", name: "Ann" },
        { request_id: "r", id: "b", name: "Ann" },
      ]),
    );
    await registry.put(customer("b", "Bea"));
    await registry.remove({ customer_id: "a" });
    await eventually(async () => expect(await ids()).to.deep.equal([]));
    await eventually(async () =>
      expect(known(await response.getCustomers({ customer_name: "Bea" }))).to.deep.equal({
        results: [customer("b", "Bea")],
      }),
    );
  });

  it("are changed by handlers on their way out", async () => {
    const channel = await channelTo(await filteredRegistry());
    const registry = createClient(CustomerRegistryDefinition, channel);
    const filters = createClient(filtersDefinition, channel);
    for (const [id, name] of [
      ["a", "Ann"],
      ["s", "secret"],
    ] as const)
      await registry.put(customer(id, name));
    const shown = { ...customer("a", "Ann"), address: undefined };
    await eventually(async () =>
      expect(await all(filters.streamCustomers({ customer_name: "" }))).to.deep.equal([known(shown)]),
    );
    expect(known(await filters.listCustomers({ customer_name: "" }))).to.deep.equal({ results: [known(shown)] });
    expect(known(await filters.getCustomer({ customer_name: "Ann" }))).to.deep.equal(known(shown));
    const error = await filters.getCustomer({ customer_name: "secret" }).catch((reason: unknown) => reason);
    expect(String(error)).to.contain("NOT_FOUND");
  });

  it("take rows from the events of an event-sourced entity, and an action is told of them", async () => {
    const notices: string[] = [];
    const definitions = [JournaledRegistryDefinition, CustomerNoticesDefinition, CustomerByNameViewDefinition];
    const channel = await channelTo(customerRegistry(definitions, notices));
    const journal = createClient(JournaledRegistryDefinition, channel);
    const view = createClient(CustomerByNameViewDefinition, channel);
    const { name: _, ...rest } = customer("a", "");
    await journal.import({ ...rest, names: ["Ann", "Bea"] });
    await journal.changeName({ customer_id: "a", new_name: "Cleo" });
    const named = (customer_name: string) => all(view.getCustomers({ customer_name }));
    await eventually(async () => expect(await named("Cleo")).to.deep.equal([customer("a", "Cleo")]));
    expect(await named("Ann")).to.deep.equal([]);
    await journal.remove({ customer_id: "a" });
    await eventually(async () => expect(await named("Cleo")).to.deep.equal([]));
    await journal.create(customer("a", "Again"));
    await eventually(async () => expect(await named("Again")).to.deep.equal([customer("a", "Again")]));
    // What comes while an action scans the store it may be told twice, never not at all.
    const told = () => notices.filter((notice, i) => notice !== notices[i - 1]);
    const expected = ["welcome, Ann <a@example.com>", "goodbye, a", "welcome, Again <a@example.com>"];
    await eventually(() => expect(told()).to.deep.equal(expected));
  });

  it("take rows from a topic of events, which an action publishes under the keys of their customers", async () => {
    const definitions = [JournaledRegistryDefinition, CustomerEventsDefinition, CustomerByNameViewFromTopicDefinition];
    const channel = await channelTo(customerRegistry(definitions));
    const journal = createClient(JournaledRegistryDefinition, channel);
    const fromTopic = createClient(CustomerByNameViewFromTopicDefinition, channel);
    await journal.create(customer("a", "Ann"));
    await journal.create(customer("b", "Ann"));
    await journal.changeName({ customer_id: "a", new_name: "Bea" });
    const named = (customer_name: string) => all(fromTopic.getCustomers({ customer_name }));
    await eventually(async () => expect(await named("Bea")).to.deep.equal([customer("a", "Bea")]));
    await eventually(async () => expect(await named("Ann")).to.deep.equal([customer("b", "Ann")]));
  });
});
