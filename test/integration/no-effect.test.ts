import { expect } from "chai";
import { createClient } from "nice-grpc";
import { customerJournal } from "../../examples/customer-registry/customer-journal.ts";
import * as updates from "../../examples/customer-registry/customer-updates.ts";
import { CustomerByNameViewDefinition } from "../../examples/customer-registry/gen/customers/by_name_view.ts";
import { JournaledRegistryDefinition } from "../../examples/customer-registry/gen/customers/journal.ts";
import {
  Customer,
  CustomerCreated,
  CustomerNameChanged,
} from "../../examples/customer-registry/gen/customers/model.ts";
import { CustomerRegistryDefinition } from "../../examples/customer-registry/gen/customers/registry.ts";
import type { Component } from "../../runtime/component/application.ts";
import { reply, updateState } from "../../runtime/component/effects.ts";
import { deleteEntity, emitEvents } from "../../runtime/component/emit.ts";
import { eventSourcedEntity } from "../../runtime/component/event-sourced-entity.ts";
import { valueEntity } from "../../runtime/component/value-entity.ts";
import { view } from "../../runtime/component/view.ts";
import { customer, registryDescriptors } from "../customers/registry.ts";
import { connectTo } from "../support/channel.ts";
import { eventually } from "../support/eventually.ts";
import { all } from "../support/known.ts";
import { openTestBench, type TestBench } from "../support/served.ts";

// What the compiler refuses, and tsx runs: each of these once changed or lost something without a word.
describe("a handler that gives what is no effect", () => {
  let bench: TestBench;
  beforeEach(() => {
    bench = openTestBench();
  });
  afterEach(() => bench.close());

  const serve = async (...components: readonly Component[]) => {
    const { port } = await bench.serve({ name: "loose", descriptors: registryDescriptors, components });
    return connectTo(`127.0.0.1:${port}`);
  };
  const failureOf = (call: Promise<unknown>): Promise<string> => call.then(() => "it was answered", String);
  const ann = customer("a", "Ann");

  it("fails its call by the method's name", async () => {
    const given = [updateState(ann), ann, undefined];
    const customers = valueEntity(CustomerRegistryDefinition, {
      state: Customer,
      put: ({ name }) => given[Number(name)] as never,
      get: (_, state) => state as never,
      remove: async () => undefined as never,
    });
    const { put, get, remove } = createClient(CustomerRegistryDefinition, await serve(customers));
    for (const name of ["0", "1", "2"]) {
      expect(await failureOf(put({ ...ann, name })))
        .to.contain("INTERNAL")
        .and.to.contain("/customers.CustomerRegistry/Put gave something that is no effect");
    }
    expect(await failureOf(get({ customer_id: "a" }))).to.contain("/Get gave something that is no effect");
    expect(await failureOf(remove({ customer_id: "a" }))).to.contain("/Remove gave something that is no effect");
  });

  it("writes no event that its applier makes nothing of", async () => {
    const journal = eventSourcedEntity(JournaledRegistryDefinition, {
      state: Customer,
      events: { CustomerCreated, CustomerNameChanged },
      create: (created) => emitEvents({ CustomerCreated: { customer: created } }).thenReply((next) => next),
      import: (_, state) => reply(state),
      changeName: (_, state) => reply(state),
      get: (_, state) => reply(state),
      remove: () => deleteEntity().thenReply(() => ({})),
      onCustomerCreated: () => undefined as never,
      onCustomerNameChanged: (state) => state,
    });
    const { create } = createClient(JournaledRegistryDefinition, await serve(journal));
    expect(await failureOf(create(ann))).to.contain(`"onCustomerCreated" gave no state`);
  });

  it("leaves the row of a view as it is", async () => {
    const loose = { ...updates, processCustomerNameChanged: (_: CustomerNameChanged, row?: object) => row as never };
    const byName = view(CustomerByNameViewDefinition, { updates: loose });
    const channel = await serve(customerJournal(), byName);
    const { create, changeName } = createClient(JournaledRegistryDefinition, channel);
    const { getCustomers } = createClient(CustomerByNameViewDefinition, channel);
    const found = async () => (await all(getCustomers({ customer_name: "Ann" }))).map(({ customer_id }) => customer_id);
    await create(ann);
    await eventually(async () => expect(await found()).to.deep.equal(["a"]));
    await changeName({ customer_id: "a", new_name: "Bea" });
    const told = () => bench.log.lines.map(({ fields }) => ("error" in fields ? String(fields.error) : ""));
    await eventually(() => expect(told().join("\n")).to.contain("gave something that is no effect"));
    expect(await found()).to.deep.equal(["a"]);
  });
});
