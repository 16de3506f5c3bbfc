import { expect } from "chai";
import { createChannel, createClient } from "nice-grpc";
import { type Customer, type Generated, known } from "../customers/generated.ts";
import { generateJournal, journalApplication, journalDefinitions } from "../customers/journal.ts";
import { generateValue, valueApplication, valueDefinitions } from "../customers/value.ts";
import { eventually } from "../support/eventually.ts";
import { openTestBench, type TestBench } from "../support/served.ts";
import { describeOnBothWays } from "../support/ways-of-running.ts";

const all = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const list: T[] = [];
  for await (const item of items) list.push(known(item));
  return list;
};

const customer = (customer_id: string, name: string): Customer => ({
  customer_id,
  name,
  email: `${customer_id}@example.com`,
  address: { street: "s", city: "c" },
});

describeOnBothWays("the customer views of seed 004", (openPorts) => {
  let value: Generated;
  let journal: Generated;
  let bench: TestBench;

  before(async function () {
    this.timeout(60_000);
    [value, journal] = await Promise.all([generateValue(), generateJournal()]);
  });
  beforeEach(async () => {
    bench = openTestBench(await openPorts());
  });
  afterEach(() => bench.close());

  const serveValue = async () => {
    const { port } = await bench.serve(valueApplication(value));
    const channel = createChannel(`127.0.0.1:${port}`);
    const { registry, byName, summary, response, filters } = valueDefinitions(value);
    return {
      registry: createClient(registry, channel),
      byName: createClient(byName, channel),
      summary: createClient(summary, channel),
      response: createClient(response, channel),
      filters: createClient(filters, channel),
    };
  };

  const serveJournal = async (audited: string[] = []) => {
    const { port } = await bench.serve(journalApplication(journal, audited));
    const channel = createChannel(`127.0.0.1:${port}`);
    const { registry, byNameView, fromTopic, events } = journalDefinitions(journal);
    return {
      registry: createClient(registry, channel),
      byNameView: createClient(byNameView, channel),
      fromTopic: createClient(fromTopic, channel),
      events: createClient(events, channel),
    };
  };

  it("take rows from a value entity, its changes and its deletion", async () => {
    const { registry, byName, summary, response } = await serveValue();
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
    const { registry, filters } = await serveValue();
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

  it("take rows from the events of an event-sourced entity, and tell an action of them", async () => {
    const audited: string[] = [];
    const { registry, byNameView } = await serveJournal(audited);
    await registry.create(customer("a", "Ann"));
    await registry.changeName({ customer_id: "a", new_name: "Bea Cleo" });
    const named = (customer_name: string) => all(byNameView.getCustomers({ customer_name }));
    await eventually(async () => expect(await named("Cleo")).to.deep.equal([customer("a", "Cleo")]));
    expect(await named("Ann")).to.deep.equal([]);
    await registry.remove({ customer_id: "a" });
    await eventually(async () => expect(await named("Cleo")).to.deep.equal([]));
    await registry.create(customer("a", "Again"));
    await eventually(async () => expect(await named("Again")).to.deep.equal([customer("a", "Again")]));
    await eventually(() => expect(audited).to.deep.equal(["created a", "deleted a", "created a"]));
  });

  it("take rows from a topic of events", async () => {
    const { events, fromTopic } = await serveJournal();
    await events.create(customer("a", "Ann"));
    await events.changeName({ customer_id: "a", new_name: "Bea" });
    await eventually(async () =>
      expect(await all(fromTopic.getCustomers({ customer_name: "Bea" }))).to.deep.equal([customer("a", "Bea")]),
    );
  });
});
