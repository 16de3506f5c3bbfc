import { error, reply } from "../../runtime/component/effects.ts";
import { deleteEntity, emitEvents } from "../../runtime/component/emit.ts";
import { eventSourcedEntity } from "../../runtime/component/event-sourced-entity.ts";
import { Status } from "../../runtime/status.ts";
import type { Customer, CustomerCreated, CustomerId, CustomerNameChanged, Empty, NameChange } from "./generated.ts";
import { type Generated, unary } from "./generated.ts";

export const registryDefinition = ({ codec }: Generated) => {
  const customer = codec<Customer>("Customer");
  const id = codec<CustomerId>("CustomerId");
  return {
    name: "CustomerRegistry",
    fullName: "customers.CustomerRegistry",
    methods: {
      create: unary("Create", customer, customer),
      changeName: unary("ChangeName", codec<NameChange>("NameChange"), customer),
      get: unary("Get", id, customer),
      remove: unary("Remove", id, codec<Empty>("Empty")),
    },
  } as const;
};

/** Customers as the fold of their events. */
export const customerJournal = (generated: Generated, snapshotEvery = 5) =>
  eventSourcedEntity(registryDefinition(generated), {
    state: generated.codec<Customer>("Customer"),
    events: {
      CustomerCreated: generated.codec<CustomerCreated>("CustomerCreated"),
      CustomerNameChanged: generated.codec<CustomerNameChanged>("CustomerNameChanged"),
    },
    snapshotEvery,
    create: (customer, state) =>
      state.customer_id === ""
        ? emitEvents({ CustomerCreated: { customer } }).thenReply((next) => next)
        : error(Status.ALREADY_EXISTS, "there is this customer already"),
    changeName: ({ new_name }, state) => {
      if (state.customer_id === "") return error(Status.NOT_FOUND, "there is no such customer");
      // Two events of one unit, as "first last": the first is overwritten by the second.
      const events = new_name.split(" ").map((each) => ({ CustomerNameChanged: { new_name: each } }));
      return emitEvents(...events).thenReply((next) => next);
    },
    get: (_, state) => reply(state),
    remove: () => deleteEntity().thenReply(() => ({})),
    onCustomerCreated: (_, { customer }) => customer ?? generated.codec<Customer>("Customer").fromPartial({}),
    onCustomerNameChanged: (state, { new_name }) => ({ ...state, name: new_name }),
  });
