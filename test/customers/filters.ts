import { readFileSync } from "node:fs";
import { ByNameRequest, Customer } from "../../examples/customer-registry/gen/customers/model.ts";
import { CustomerRegistryDefinition } from "../../examples/customer-registry/gen/customers/registry.ts";
import { CustomersResponse } from "../../examples/customer-registry/gen/customers/response.ts";
import type { Application } from "../../runtime/component/application.ts";
import { view } from "../../runtime/component/view.ts";
import { streamed, unary } from "../support/definition.ts";
import { buildRegistry, customerRegistry } from "./registry.ts";

export const filtersDefinition = {
  name: "CustomerFilters",
  fullName: "customers.CustomerFilters",
  methods: {
    updateCustomer: unary("UpdateCustomer", Customer, Customer),
    getCustomer: unary("GetCustomer", ByNameRequest, Customer),
    streamCustomers: streamed("StreamCustomers", ByNameRequest, Customer),
    listCustomers: unary("ListCustomers", ByNameRequest, CustomersResponse),
  },
} as const;

/** Leaves the secret out, and shows the others without their address. */
const visible = (customer: Customer): Customer | undefined =>
  customer.name === "secret" ? undefined : { ...customer, address: undefined };

const filters = view(filtersDefinition, {
  results: {
    getCustomer: visible,
    streamCustomers: visible,
    listCustomers: (customer: Customer) => visible(customer),
  },
});

/** The registry's value entity, with a view whose results are changed on their way out. */
export const filteredRegistry = async (): Promise<Application> => {
  const text = readFileSync("test/customers/filters.proto", "utf8");
  const descriptors = await buildRegistry({ more: { "customers/filters.proto": text } });
  const { components, ...application } = customerRegistry([CustomerRegistryDefinition]);
  return { ...application, descriptors, components: [...components, filters] };
};
