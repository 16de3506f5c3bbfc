import { expect } from "chai";
import { createChannel, createClient } from "nice-grpc";
import { customerJournal } from "../../examples/customer-registry/customer-journal.ts";
import { JournaledRegistryDefinition } from "../../examples/customer-registry/gen/customers/journal.ts";
import {
  Customer,
  CustomerCreated,
  CustomerNameChanged,
} from "../../examples/customer-registry/gen/customers/model.ts";
import { reply } from "../../runtime/component/effects.ts";
import { deleteEntity, emitEvents } from "../../runtime/component/emit.ts";
import { eventSourcedEntity } from "../../runtime/component/event-sourced-entity.ts";
import { compileContract } from "../../runtime/contract/compile.ts";
import type { PlainEntry } from "../../runtime/entity/journal.ts";
import type { EntityType, Ports } from "../../runtime/ports.ts";
import { buildRegistry } from "../customers/registry.ts";
import { known } from "../support/known.ts";
import { openTestBench, type TestBench } from "../support/served.ts";
import { describeOnBothWays } from "../support/ways-of-running.ts";

let descriptors: Uint8Array;
before(async () => {
  descriptors = await buildRegistry({ only: ["model", "journal"] });
});

const typeOf = (): EntityType => {
  const schema = compileContract(descriptors).model.registry.getMessage("customers.Customer");
  if (schema === undefined) throw new Error("the test's descriptor set has no customers.Customer");
  return { name: "customer-journal", state: { ...Customer, name: schema.typeName, schema } };
};

const historyOf = async ({ entities }: Ports, key: string): Promise<PlainEntry[]> => {
  const entries: PlainEntry[] = [];
  for await (const entry of entities.journal.history("customer-journal", key)) entries.push(entry);
  return entries;
};

describeOnBothWays("an event-sourced entity", (openPorts) => {
  let bench: TestBench;
  const client = async () => {
    const components = [customerJournal(5)];
    const { port } = await bench.serve({ name: "customers", descriptors, components });
    return createClient(JournaledRegistryDefinition, createChannel(`127.0.0.1:${port}`));
  };
  const customer = { customer_id: "c", email: "c@example.com", name: "First", address: { street: "s", city: "x" } };

  beforeEach(async () => {
    bench = openTestBench(await openPorts());
  });
  afterEach(() => bench.close());

  it("answers from the state after its events", async () => {
    const registry = await client();
    const { name: _, ...rest } = customer;
    const imported = await registry.import({ ...rest, names: ["First", "Second"] });
    expect(known(imported)).to.deep.equal({ ...customer, name: "Second" });
    expect(await registry.changeName({ customer_id: "c", new_name: "Third" })).to.include({ name: "Third" });
    expect(known(await registry.get({ customer_id: "c" }))).to.deep.equal({ ...customer, name: "Third" });
    const events = (await historyOf(bench.ports, "c")).map((entry) =>
      entry.events.map((event) => (event.kind === "event" ? event.type : event.kind)),
    );
    const changed = "customers.CustomerNameChanged";
    expect(events).to.deep.equal([["customers.CustomerCreated", changed], [changed]]);
  });

  it("answers expected errors and writes nothing then", async () => {
    const registry = await client();
    await registry.create(customer);
    const error = await registry.create(customer).catch((reason: unknown) => reason);
    expect(String(error)).to.contain("ALREADY_EXISTS");
    expect(await historyOf(bench.ports, "c")).to.have.length(1);
  });

  it("writes no events that lead to a state which has no bytes, and goes on", async () => {
    // As a number that is too large for its field is.
    const unwritable = {
      city: "x",
      get street(): string {
        throw new Error("this street has no bytes");
      },
    };
    const rename = ({ new_name }: CustomerNameChanged) =>
      emitEvents({ CustomerNameChanged: { new_name } }).thenReply(() => Customer.create({ name: new_name }));
    const journal = eventSourcedEntity(JournaledRegistryDefinition, {
      state: Customer,
      events: { CustomerCreated, CustomerNameChanged },
      create: (created) => emitEvents({ CustomerCreated: { customer: created } }).thenReply((next) => next),
      import: (_, state) => reply(state),
      changeName: rename,
      get: (_, state) => reply(state),
      remove: () => deleteEntity().thenReply(() => ({})),
      onCustomerCreated: (state, { customer: created }) => created ?? state,
      onCustomerNameChanged: (state, { new_name }) =>
        new_name === "unwritable" ? { ...state, address: unwritable } : { ...state, name: new_name },
    });
    const components = [journal];
    const { port } = await bench.serve({ name: "customers", descriptors, components });
    const registry = createClient(JournaledRegistryDefinition, createChannel(`127.0.0.1:${port}`));
    await registry.create(customer);
    const error = await registry
      .changeName({ customer_id: "c", new_name: "unwritable" })
      .catch((reason: unknown) => reason);
    expect(String(error)).to.contain("INTERNAL");
    expect(await historyOf(bench.ports, "c")).to.have.length(1);
    await registry.changeName({ customer_id: "c", new_name: "Second" });
    expect(await registry.get({ customer_id: "c" })).to.include({ name: "Second" });
  });

  it("comes to the same state at a replica that replays, from snapshots on", async () => {
    const registry = await client();
    await registry.create(customer);
    for (let i = 1; i <= 23; i++) await registry.changeName({ customer_id: "c", new_name: `n${i}` });
    const entries = await historyOf(bench.ports, "c");
    expect(entries).to.have.length(24);
    const other = await client();
    expect(known(await other.get({ customer_id: "c" }))).to.deep.equal({ ...customer, name: "n23" });
    const replayed = await bench.ports.entities.journal.read(typeOf(), "c", 0n);
    expect(replayed.map(({ sequence, snapshot }) => [sequence, snapshot !== undefined])).to.deep.equal([
      [20n, true],
      [21n, false],
      [22n, false],
      [23n, false],
      [24n, false],
    ]);
  });

  it("loses nothing when two replicas change one key at once", async () => {
    const [one, other] = [await client(), await client()];
    await one.create(customer);
    const names = Array.from({ length: 40 }, (_, i) => `n${i}`);
    await Promise.all(
      names.map((new_name, i) => (i % 2 === 0 ? one : other).changeName({ customer_id: "c", new_name })),
    );
    const entries = await historyOf(bench.ports, "c");
    expect(entries.map(({ sequence }) => Number(sequence))).to.deep.equal(Array.from({ length: 41 }, (_, i) => i + 1));
    const versions = entries.map(({ version }) => version);
    expect(versions.every((version, i) => i === 0 || version > (versions[i - 1] ?? 0n))).to.equal(true);
    const last = await one.get({ customer_id: "c" });
    expect(last).to.deep.equal(await other.get({ customer_id: "c" }));
    expect(names).to.include(last.name);
  });

  it("begins anew after a deletion, at a higher version", async () => {
    const registry = await client();
    await registry.create(customer);
    await registry.remove({ customer_id: "c" });
    const gone = await registry.get({ customer_id: "c" }).catch((reason: unknown) => reason);
    expect(String(gone)).to.contain("NOT_FOUND");
    await registry.create({ ...customer, name: "Again" });
    const other = await client();
    expect(await other.get({ customer_id: "c" })).to.include({ name: "Again" });
    const versions = (await historyOf(bench.ports, "c")).map(({ version }) => version);
    expect(versions).to.have.length(3);
    expect([...versions].sort()).to.deep.equal(versions);
  });

  it("publishes nothing about its events while nobody consumes them", async () => {
    await (await client()).create(customer);
    expect((await historyOf(bench.ports, "c"))[0]?.pending).to.deep.equal([]);
    const topic = await bench.ports.bus
      .endOffsets("_rollcall.entity.customer-journal")
      .catch((error: unknown) => error);
    expect(topic).to.be.instanceOf(Error);
  });

  it("does not start when code and contract declare different events", async () => {
    const entity = customerJournal(5);
    const { CustomerCreated } = entity.events;
    if (CustomerCreated === undefined) throw new Error("the entity has no CustomerCreated");
    const components = [{ ...entity, events: { CustomerCreated, CustomerGone: CustomerCreated } }];
    const failed = bench.serve({ name: "customers", descriptors, components });
    const reason = String(await failed.catch((error: unknown) => error));
    expect(reason).to.contain("INVALID_CONTRACT").and.to.contain("CustomerNameChanged").and.to.contain("CustomerGone");
  });
});

describe("the types of an event-sourced entity", () => {
  it("let no handler emit what is no event, nor leave out an applier or a handler", () => {
    const definition = JournaledRegistryDefinition;
    const { create, get } = definition.methods;
    const events = { CustomerNameChanged };
    const options = { state: Customer, events };
    const read = { ...definition, methods: { get } } as const;
    const both = { ...definition, methods: { get, create } } as const;
    const right = {
      get: (_: unknown, state: Customer) => reply(state),
      onCustomerNameChanged: (state: Customer, { new_name }: CustomerNameChanged) => ({ ...state, name: new_name }),
    };
    const wrongName = { ...right, get: () => emitEvents({ Gone: {} }).thenReply((state: Customer) => state) };
    const wrongField = {
      ...right,
      get: () => emitEvents({ CustomerNameChanged: { name: "" } }).thenReply((state: Customer) => state),
    };
    const { onCustomerNameChanged: _, ...withoutApplier } = right;
    const entity = eventSourcedEntity(read, { ...options, ...right });
    expect(Object.keys(entity.handlers)).to.deep.equal(["get"]);
    // @ts-expect-error there is no event of this name
    eventSourcedEntity(read, { ...options, ...wrongName });
    // @ts-expect-error the event has no such field
    eventSourcedEntity(read, { ...options, ...wrongField });
    // @ts-expect-error an event has no applier
    eventSourcedEntity(read, { ...options, ...withoutApplier });
    // @ts-expect-error a method has no handler
    eventSourcedEntity(both, { ...options, ...right });
  });
});
