import { expect } from "chai";
import { createChannel, createClient } from "nice-grpc";
import * as updates from "../../examples/customer-registry/customer-updates.ts";
import { CustomerByNameDefinition } from "../../examples/customer-registry/gen/customers/by_name.ts";
import { CustomerEventsDefinition } from "../../examples/customer-registry/gen/customers/events.ts";
import { CustomerByNameViewFromTopicDefinition } from "../../examples/customer-registry/gen/customers/from_topic.ts";
import { JournaledRegistryDefinition } from "../../examples/customer-registry/gen/customers/journal.ts";
import { ByNameRequest, Customer } from "../../examples/customer-registry/gen/customers/model.ts";
import { CustomerRegistryDefinition } from "../../examples/customer-registry/gen/customers/registry.ts";
import { view } from "../../runtime/component/view.ts";
import type { Ports } from "../../runtime/ports.ts";
import type { Served } from "../../runtime/serve.ts";
import { buildRegistry, customer, customerRegistry } from "../customers/registry.ts";
import { streamed } from "../support/definition.ts";
import { eventually } from "../support/eventually.ts";
import { all } from "../support/known.ts";
import { openTestBench, type TestBench } from "../support/served.ts";
import { describeOnBothWays } from "../support/ways-of-running.ts";

const day = 24 * 3_600_000;

describeOnBothWays("a view that changes", (openPorts) => {
  let bench: TestBench;

  beforeEach(async () => {
    bench = openTestBench(await openPorts());
  });
  afterEach(() => bench.close());

  /** The value entity with a version of its view; a revision makes another identity. */
  const version = (revision: number) => {
    const { components, ...application } = customerRegistry([CustomerRegistryDefinition]);
    return { ...application, components: [...components, view(CustomerByNameDefinition, { revision })] };
  };
  const clientsOf = ({ port }: Served) => {
    const channel = createChannel(`127.0.0.1:${port}`);
    const entity = createClient(CustomerRegistryDefinition, channel);
    const rows = createClient(CustomerByNameDefinition, channel);
    return { entity, named: (customer_name: string) => all(rows.getCustomers({ customer_name })) };
  };
  const identities = async (): Promise<string[]> => [...(await bench.ports.entities.notes.list("view/")).keys()];

  it("lives beside its old version under load, each on rows of its own, and back", async () => {
    const first = await bench.serve(version(0));
    const old = clientsOf(first);
    let isLoading = true;
    let puts = 0;
    const load = async (): Promise<void> => {
      for (; isLoading; puts++) await old.entity.put(customer(`c${puts % 50}`, `Ann${puts % 3}`));
    };
    const loading = load();
    await eventually(() => expect(puts).to.be.greaterThan(60), 30_000);
    const second = await bench.serve(version(1));
    const young = clientsOf(second);
    const enough = puts + 100;
    await eventually(() => expect(puts).to.be.greaterThan(enough), 30_000);
    isLoading = false;
    await loading;
    const expected = new Map(Array.from({ length: puts }, (_, i) => [`c${i % 50}`, `Ann${i % 3}`]));
    for (const { named } of [old, young]) {
      for (const name of ["Ann0", "Ann1", "Ann2"]) {
        const wanted = [...expected].filter(([, each]) => each === name).map(([id]) => customer(id, name));
        await eventually(async () => expect(await named(name)).to.have.deep.members(wanted), 30_000);
      }
    }
    expect(await identities()).to.have.length(2);

    await first.close();
    await young.entity.put(customer("later", "Later"));
    await eventually(async () => expect(await young.named("Later")).to.have.length(1));
    const back = clientsOf(await bench.serve(version(0)));
    await eventually(async () => expect(await back.named("Later")).to.have.length(1));
    const scans = bench.log.lines.filter(({ text }) => text === "scanned the store");
    expect(scans).to.have.length(2);
  });

  it("drops the rows that no version has used for a day, and builds them anew on the way back", async () => {
    const first = await bench.serve(version(0));
    const { entity } = clientsOf(first);
    await entity.put(customer("a", "Ann"));
    await eventually(async () => expect(await clientsOf(first).named("Ann")).to.have.length(1));
    await first.close();
    const second = await bench.serve(version(1), { now: () => Date.now() + day / 2 });
    await second.close();
    expect(await identities()).to.have.length(2);
    const third = await bench.serve(version(1), { now: () => Date.now() + 2 * day });
    await eventually(async () => expect(await identities()).to.have.length(1));
    await third.close();
    const back = clientsOf(await bench.serve(version(0), { now: () => Date.now() + 2 * day }));
    await eventually(async () => expect(await back.named("Ann")).to.deep.equal([customer("a", "Ann")]));
  });

  it("answers its old queries while what a new one needs is made, and the new one UNAVAILABLE", async () => {
    const before = await bench.serve(version(0));
    await clientsOf(before).entity.put(customer("a", "Ann"));
    await eventually(async () => expect(await clientsOf(before).named("Ann")).to.have.length(1));
    await before.close();

    let release = (): void => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow: Ports = {
      ...bench.ports,
      views: {
        ...bench.ports.views,
        async prepare(table) {
          const wider = await bench.ports.views.prepare(table);
          return { ...wider, isReady: wider.isReady, finish: () => gate.then(wider.finish) };
        },
      },
    };
    const rpc = "rpc GetCustomers(ByNameRequest) returns (stream Customer) {";
    const query = "\"SELECT * FROM customers WHERE address.city = 'c' AND name = :customer_name\"";
    const addition = `rpc InCity(ByNameRequest) returns (stream Customer) {
      option (akkaserverless.method).view.query = {query: ${query}};
    }`;
    const descriptors = await buildRegistry({ edit: (text) => text.replace(rpc, `${addition}\n  ${rpc}`) });
    const inCity = streamed("InCity", ByNameRequest, Customer);
    const definition = { ...CustomerByNameDefinition, methods: { ...CustomerByNameDefinition.methods, inCity } };
    const { components, name } = customerRegistry([CustomerRegistryDefinition]);
    const served = await bench.serve({ name, descriptors, components: [...components, view(definition)] }, {}, slow);
    const changed = clientsOf(served);
    const added = createClient(definition, createChannel(`127.0.0.1:${served.port}`));
    try {
      await eventually(async () => expect(await changed.named("Ann")).to.have.length(1));
      const error = await all(added.inCity({ customer_name: "Ann" })).catch((reason: unknown) => reason);
      expect(String(error)).to.contain("UNAVAILABLE").and.to.contain("are being made");
      await changed.entity.put(customer("b", "Ann"));
      await eventually(async () => expect(await changed.named("Ann")).to.have.length(2));
    } finally {
      release();
    }
    await eventually(async () => expect(await all(added.inCity({ customer_name: "Ann" }))).to.have.length(2));
    expect(await identities()).to.have.length(1);
  });

  it("is made anew from a topic that holds everything, and refused from one that does not", async () => {
    const serveTopicView = async (revision: number, ports?: Ports) => {
      const { components, ...application } = customerRegistry([JournaledRegistryDefinition, CustomerEventsDefinition]);
      const fromTopic = view(CustomerByNameViewFromTopicDefinition, { revision, updates });
      return bench.serve({ ...application, components: [...components, fromTopic] }, {}, ports);
    };
    const rowsOf = ({ port }: Served) => {
      const client = createClient(CustomerByNameViewFromTopicDefinition, createChannel(`127.0.0.1:${port}`));
      return () => all(client.getCustomers({ customer_name: "Ann" }));
    };
    const first = await serveTopicView(0);
    const journal = createClient(JournaledRegistryDefinition, createChannel(`127.0.0.1:${first.port}`));
    await journal.create(customer("a", "Ann"));
    await eventually(async () => expect(await rowsOf(first)()).to.have.length(1));
    const second = await serveTopicView(1);
    await eventually(async () => expect(await rowsOf(second)()).to.have.length(1));

    const cut: Ports = { ...bench.ports, bus: { ...bench.ports.bus, holdsAll: async () => false } };
    const refused = String(await serveTopicView(2, cut).catch((error: unknown) => error));
    expect(refused).to.contain("VIEW_NOT_REBUILDABLE").and.to.contain("two steps").and.to.contain('"customers"');
    // What was there before needs nothing anew.
    await eventually(async () => expect(await rowsOf(await serveTopicView(0, cut))()).to.have.length(1));
  });
});
