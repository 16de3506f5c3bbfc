import { deleteEntity, type EventOf, emitEvents, error, eventSourcedEntity, reply, Status } from "rollcall";
import { JournaledRegistryDefinition } from "./gen/customers/journal.ts";
import { Customer, CustomerCreated, CustomerNameChanged } from "./gen/customers/model.ts";

const events = { CustomerCreated, CustomerNameChanged };

const alreadyThere = () => error(Status.ALREADY_EXISTS, "there is this customer already");
const notThere = () => error(Status.NOT_FOUND, "there is no such customer");

/** Customers as the fold of their events. */
export const customerJournal = (snapshotEvery = 100) =>
  eventSourcedEntity(JournaledRegistryDefinition, {
    state: Customer,
    events,
    snapshotEvery,

    create: (customer, state) =>
      state.customer_id === ""
        ? emitEvents({ CustomerCreated: { customer } }).thenReply((next) => next)
        : alreadyThere(),
    import({ customer_id, email, address, names }, state) {
      if (state.customer_id !== "") return alreadyThere();
      const [name = "", ...others] = names;
      return emitEvents<EventOf<typeof events>>(
        { CustomerCreated: { customer: { customer_id, email, address, name } } },
        ...others.map((new_name) => ({ CustomerNameChanged: { new_name } })),
      ).thenReply((next) => next);
    },
    changeName: ({ new_name }, state) =>
      state.customer_id === ""
        ? notThere()
        : emitEvents({ CustomerNameChanged: { new_name } }).thenReply((next) => next),
    get: (_, state) => (state.customer_id === "" ? notThere() : reply(state)),
    remove: () => deleteEntity().thenReply(() => ({})),

    onCustomerCreated: (state, { customer }) => customer ?? state,
    onCustomerNameChanged: (state, { new_name }) => ({ ...state, name: new_name }),
  });
