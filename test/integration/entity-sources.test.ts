import { expect } from "chai";
import { createChannel, createClient } from "nice-grpc";
import { customerJournal } from "../../examples/customer-registry/customer-journal.ts";
import { CustomerByNameDefinition } from "../../examples/customer-registry/gen/customers/by_name.ts";
import { CustomerByNameViewDefinition } from "../../examples/customer-registry/gen/customers/by_name_view.ts";
import { CustomerNoticesDefinition } from "../../examples/customer-registry/gen/customers/events.ts";
import { JournaledRegistryDefinition } from "../../examples/customer-registry/gen/customers/journal.ts";
import { CustomerRegistryDefinition } from "../../examples/customer-registry/gen/customers/registry.ts";
import type { OutgoingRecord, Ports } from "../../runtime/ports.ts";
import type { ViewStore } from "../../runtime/view/store.ts";
import { buildRegistry, customer, customerRegistry } from "../customers/registry.ts";
import { eventually } from "../support/eventually.ts";
import { all } from "../support/known.ts";
import { openTestBench, type TestBench } from "../support/served.ts";
import { describeOnBothWays } from "../support/ways-of-running.ts";

const topic = "_rollcall.entity.customer-journal";

/** The value entity and one of its views, the journal and what follows it. */
const valueApplication = () => customerRegistry([CustomerRegistryDefinition, CustomerByNameDefinition]);
const journalApplication = (notices: string[] = []) =>
  customerRegistry([JournaledRegistryDefinition, CustomerNoticesDefinition, CustomerByNameViewDefinition], notices);

/** Ports that lose what is published to a topic, as if it had been deleted before anybody read it. */
const withLosingBus = (ports: Ports, loses: () => boolean): Ports => ({
  ...ports,
  bus: {
    ...ports.bus,
    publish: (records: readonly OutgoingRecord[]) =>
      ports.bus.publish(records.filter((record) => record.topic !== topic || !loses())),
  },
});

describeOnBothWays("an entity as a source", (openPorts) => {
  let bench: TestBench;

  beforeEach(async () => {
    bench = openTestBench(await openPorts());
  });
  afterEach(() => bench.close());

  const channelTo = async (...args: Parameters<TestBench["serve"]>) =>
    createChannel(`127.0.0.1:${(await bench.serve(...args)).port}`);

  it("gives a new consumer the events that were never published", async () => {
    const descriptors = await buildRegistry({ only: ["model", "journal"] });
    const alone = { name: "old", descriptors, components: [customerJournal(5)] };
    const old = createClient(JournaledRegistryDefinition, await channelTo(alone));
    for (let i = 0; i < 12; i++) await old.create(customer(`c${i}`, "Ann"));
    for (let i = 0; i < 9; i++) await old.changeName({ customer_id: "c1", new_name: `n${i}` });
    await old.remove({ customer_id: "c2" });

    const notices: string[] = [];
    const channel = await channelTo(journalApplication(notices));
    const view = createClient(CustomerByNameViewDefinition, channel);
    const named = async (customer_name: string) => all(view.getCustomers({ customer_name }));
    await eventually(async () => expect(await named("Ann")).to.have.length(10));
    expect(await named("n8")).to.deep.equal([customer("c1", "n8")]);
    await eventually(() => expect(notices).to.have.length(13));
    expect(notices).to.include("goodbye, c2");
    await createClient(JournaledRegistryDefinition, channel).changeName({ customer_id: "c1", new_name: "after" });
    await eventually(async () => expect(await named("after")).to.have.length(1));
  });

  it("goes on with a scan where a crash has left it", async () => {
    const application = valueApplication();
    const [entity, byNameView] = application.components;
    if (entity === undefined || byNameView === undefined) throw new Error("the application has other components");
    const only = { ...application, components: [entity] };
    const old = createClient(CustomerRegistryDefinition, await channelTo(only));
    const ids = Array.from({ length: 450 }, (_, i) => `c${String(i).padStart(3, "0")}`);
    await Promise.all(ids.map((id) => old.put(customer(id, "Ann"))));

    const written: string[] = [];
    const recording = (failsAfter: number): Ports => {
      const write: ViewStore["write"] = async (table, writes) => {
        if (written.length >= failsAfter) throw new Error("the process dies here");
        await bench.ports.views.write(table, writes);
        written.push(...writes.map(({ key }) => key));
      };
      return { ...bench.ports, views: { ...bench.ports.views, write } };
    };
    const both = { ...application, components: [byNameView] };
    const crashed = await bench.serve(both, {}, recording(200));
    await eventually(() => expect(written).to.have.length(200));
    await crashed.close();

    const later = () => Date.now() + 60_000;
    const view = createClient(
      CustomerByNameDefinition,
      await channelTo(both, { now: later }, recording(Number.POSITIVE_INFINITY)),
    );
    await eventually(async () =>
      expect(await all(view.getCustomers({ customer_name: "Ann" }))).to.have.length(ids.length),
    );
    expect([...written].sort()).to.deep.equal(ids);
  });

  it("answers UNAVAILABLE until a view is built", async () => {
    const application = valueApplication();
    let isBroken = true;
    const write: ViewStore["write"] = async (table, writes) => {
      if (isBroken) throw new Error("not yet");
      await bench.ports.views.write(table, writes);
    };
    const [entity] = application.components;
    const old = createClient(
      CustomerRegistryDefinition,
      await channelTo({ ...application, components: entity === undefined ? [] : [entity] }),
    );
    await old.put(customer("a", "Ann"));
    const ports = { ...bench.ports, views: { ...bench.ports.views, write } };
    const view = createClient(CustomerByNameDefinition, await channelTo(application, {}, ports));
    const query = () => all(view.getCustomers({ customer_name: "Ann" }));
    const error = await query().catch((reason: unknown) => reason);
    expect(String(error)).to.contain("UNAVAILABLE").and.to.contain("customers");
    isBroken = false;
    await eventually(async () => expect(await query()).to.have.length(1), 15_000);
  });

  it("reads the journal in the place of events that were lost", async () => {
    let loses = false;
    const channel = await channelTo(
      journalApplication(),
      {},
      withLosingBus(bench.ports, () => loses),
    );
    const entity = createClient(JournaledRegistryDefinition, channel);
    const view = createClient(CustomerByNameViewDefinition, channel);
    const named = async (customer_name: string) => all(view.getCustomers({ customer_name }));
    await entity.create(customer("a", "Ann"));
    await eventually(async () => expect(await named("Ann")).to.have.length(1));
    loses = true;
    await entity.create(customer("b", "Bea"));
    await entity.remove({ customer_id: "a" });
    await entity.create(customer("a", "Second"));
    loses = false;
    await entity.changeName({ customer_id: "a", new_name: "Last" });
    await entity.changeName({ customer_id: "b", new_name: "Last" });
    await eventually(async () => expect(await named("Last")).to.have.length(2));
    expect(await named("Ann")).to.deep.equal([]);
  });

  it("sends a change that a crash left unpublished when the service starts again", async () => {
    const failing: Ports = {
      ...bench.ports,
      bus: {
        ...bench.ports.bus,
        publish: async (records) => {
          if (records.some((record) => record.topic === topic)) throw new Error("the bus is away");
          await bench.ports.bus.publish(records);
        },
      },
    };
    const crashed = await bench.serve(journalApplication(), {}, failing);
    const entity = createClient(JournaledRegistryDefinition, createChannel(`127.0.0.1:${crashed.port}`));
    await entity.create(customer("a", "Ann"));
    await entity.changeName({ customer_id: "a", new_name: "Bea" });
    await crashed.close();
    const channel = await channelTo(journalApplication());
    const view = createClient(CustomerByNameViewDefinition, channel);
    await eventually(
      async () => expect(await all(view.getCustomers({ customer_name: "Bea" }))).to.have.length(1),
      15_000,
    );
    await eventually(async () => {
      const ends = await bench.ports.bus.endOffsets(topic);
      expect([...ends.values()].reduce((sum, end) => sum + end, 0n)).to.equal(2n);
    }, 15_000);
  });

  it("refuses a view without the handlers it needs, or with others", async () => {
    const application = journalApplication();
    const components = application.components.map((component) =>
      component.kind === "view" ? { ...component, updates: { getCustomers: component.updates.x } } : component,
    );
    const failed = bench.serve({ ...application, components: components as typeof application.components });
    const reason = String(await failed.catch((error: unknown) => error));
    expect(reason).to.contain("MISSING_HANDLER").and.to.contain('"processCustomerCreated" is missing');
    expect(reason).to.contain('"getCustomers" belongs to no method');
  });
});
