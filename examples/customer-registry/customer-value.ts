import { deleteState, error, reply, Status, updateState, valueEntity } from "rollcall";
import { Customer } from "./gen/customers/model.ts";
import { CustomerRegistryDefinition } from "./gen/customers/registry.ts";

/** Customers as they are now. The state of one who was never put, or is removed, is the empty message. */
export const customerValue = valueEntity(CustomerRegistryDefinition, {
  state: Customer,
  put: (customer) => updateState(customer).thenReply((next) => next),
  get: ({ customer_id }, state) =>
    state.customer_id === "" ? error(Status.NOT_FOUND, `there is no customer ${customer_id}`) : reply(state),
  remove: () => deleteState().thenReply(() => ({})),
});
