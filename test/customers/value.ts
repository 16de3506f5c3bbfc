import { deleteState, reply, updateState } from "../../runtime/component/effects.ts";
import { valueEntity } from "../../runtime/component/value-entity.ts";
import { view } from "../../runtime/component/view.ts";
import {
  type ByNameRequest,
  type Customer,
  type CustomerId,
  type CustomerSummary,
  type CustomersResponse,
  type Empty,
  type Generated,
  generateCustomers,
  streamed,
  unary,
} from "./generated.ts";

/** The definitions of the services over the value entity, as the generator writes them. */
export const valueDefinitions = ({ codec }: Generated) => {
  const customer = codec<Customer>("Customer");
  const id = codec<CustomerId>("CustomerId");
  const byName = codec<ByNameRequest>("ByNameRequest");
  const response = codec<CustomersResponse>("CustomersResponse");
  const updateCustomer = unary("UpdateCustomer", customer, customer);
  const service = <M>(name: string, methods: M) => ({ name, fullName: `customers.${name}`, methods });
  return {
    registry: service("CustomerRegistry", {
      put: unary("Put", customer, customer),
      get: unary("Get", id, customer),
      remove: unary("Remove", id, codec<Empty>("Empty")),
    }),
    byName: service("CustomerByName", { updateCustomer, getCustomers: streamed("GetCustomers", byName, customer) }),
    summary: service("CustomerSummaryByName", {
      getCustomers: streamed("GetCustomers", byName, codec<CustomerSummary>("CustomerSummary")),
      updateCustomer,
    }),
    response: service("CustomersResponseByName", {
      getCustomers: unary("GetCustomers", byName, response),
      updateCustomer,
    }),
    filters: service("CustomerFilters", {
      updateCustomer,
      getCustomer: unary("GetCustomer", byName, customer),
      streamCustomers: streamed("StreamCustomers", byName, customer),
      listCustomers: unary("ListCustomers", byName, response),
    }),
  };
};

/** Leaves the secret out, and shows the others without their address. */
const visible = (customer: Customer): Customer | undefined =>
  customer.name === "secret" ? undefined : { ...customer, address: undefined };

/** Customers as a value entity, and every view of seed 004 that takes its rows from it. */
export const valueApplication = (generated: Generated) => {
  const definitions = valueDefinitions(generated);
  const registry = valueEntity(definitions.registry, {
    state: generated.codec<Customer>("Customer"),
    put: (customer) => updateState(customer).thenReply((next) => next),
    get: (_, state) => reply(state),
    remove: () => deleteState().thenReply(() => ({})),
  });
  const filters = view(definitions.filters, {
    results: {
      getCustomer: visible,
      streamCustomers: visible,
      listCustomers: (customer: Customer) => visible(customer),
    },
  });
  const views = [view(definitions.byName), view(definitions.summary), view(definitions.response), filters];
  return { name: "customers", descriptors: generated.descriptors, components: [registry, ...views] };
};

/** What the value entity and the seed's views of it are generated from. */
export const generateValue = (edit?: (text: string) => string): Promise<Generated> =>
  generateCustomers(["by_name", "summary", "response"], ["value"], edit);
