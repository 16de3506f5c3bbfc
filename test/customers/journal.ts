import { action } from "../../runtime/component/action.ts";
import type { CallContext } from "../../runtime/component/context.ts";
import { error, forward, ignore, reply, updateState } from "../../runtime/component/effects.ts";
import { deleteEntity, emitEvents } from "../../runtime/component/emit.ts";
import { eventSourcedEntity } from "../../runtime/component/event-sourced-entity.ts";
import { type UpdateHandlers, view } from "../../runtime/component/view.ts";
import { Status } from "../../runtime/status.ts";
import {
  type ByNameRequest,
  type Customer,
  type CustomerCreated,
  type CustomerId,
  type CustomerNameChanged,
  type Empty,
  type Generated,
  generateCustomers,
  type NameChange,
  streamed,
  unary,
} from "./generated.ts";

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

/** What the event-sourced entity, its view, the topic's view, and those between them are generated from. */
export const generateJournal = (): Promise<Generated> =>
  generateCustomers(["by_name_view", "from_topic"], ["journal", "topic"]);

const viewDefinition = <N extends string>(name: N, { codec }: Generated) => {
  const customer = codec<Customer>("Customer");
  return {
    name,
    fullName: `customers.${name}`,
    methods: {
      processCustomerCreated: unary("ProcessCustomerCreated", codec<CustomerCreated>("CustomerCreated"), customer),
      processCustomerNameChanged: unary(
        "ProcessCustomerNameChanged",
        codec<CustomerNameChanged>("CustomerNameChanged"),
        customer,
      ),
      getCustomers: streamed("GetCustomers", codec<ByNameRequest>("ByNameRequest"), customer),
    },
  };
};

/** The definitions of the services over the journal, as the generator writes them. */
export const journalDefinitions = (generated: Generated) => {
  const { codec } = generated;
  const created = codec<CustomerCreated>("CustomerCreated");
  const changed = codec<CustomerNameChanged>("CustomerNameChanged");
  const empty = codec<Empty>("Empty");
  return {
    registry: registryDefinition(generated),
    byNameView: viewDefinition("CustomerByNameView", generated),
    fromTopic: viewDefinition("CustomerByNameViewFromTopic", generated),
    events: {
      name: "CustomerEvents",
      fullName: "customers.CustomerEvents",
      methods: {
        create: unary("Create", codec<Customer>("Customer"), created),
        changeName: unary("ChangeName", codec<NameChange>("NameChange"), changed),
        publishCreated: unary("PublishCreated", created, created),
        publishNameChanged: unary("PublishNameChanged", changed, changed),
      },
    },
    audit: {
      name: "CustomerAudit",
      fullName: "customers.CustomerAudit",
      methods: { created: unary("Created", created, empty), deleted: unary("Deleted", empty, empty) },
    },
  };
};

type ViewDefinition = ReturnType<typeof viewDefinition>;

/** The handlers that seed 004 shows. */
export const updates: Pick<UpdateHandlers<ViewDefinition>, "processCustomerCreated" | "processCustomerNameChanged"> = {
  processCustomerCreated: ({ customer }, row) => {
    if (row !== undefined) return ignore();
    return customer === undefined ? ignore() : updateState(customer);
  },
  processCustomerNameChanged: ({ new_name }, row) =>
    row === undefined ? ignore() : updateState({ ...row, name: new_name }),
};

/** Customers as an event-sourced entity, who publishes its events to a topic, and the seed's views of both. */
export const journalApplication = (generated: Generated, audited: string[] = []) => {
  const definitions = journalDefinitions(generated);
  const events = action(definitions.events, { registry: definitions.registry }, ({ registry }) => ({
    async create(customer) {
      await registry.create(customer);
      return forward("publishCreated", { customer });
    },
    async changeName(change) {
      await registry.changeName(change);
      return forward("publishNameChanged", { new_name: change.new_name });
    },
    publishCreated: (event) => reply(event),
    publishNameChanged: (event) => reply(event),
  }));
  const audit = action(definitions.audit, {}, (_, context: CallContext) => ({
    created({ customer }) {
      audited.push(`created ${customer?.customer_id}`);
      return ignore();
    },
    deleted() {
      audited.push(`deleted ${context.header("ce_subject")}`);
      return ignore();
    },
  }));
  const components = [
    customerJournal(generated),
    events,
    audit,
    view(definitions.byNameView, { updates }),
    view(definitions.fromTopic, { updates }),
  ];
  return { name: "customers", descriptors: generated.descriptors, components };
};
