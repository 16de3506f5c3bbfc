import { action, reply } from "rollcall";
import { CustomerEventsDefinition } from "./gen/customers/events.ts";

/** The journal's events, each as it is, to topic `customers`; their key is that of the customer. */
export const customerEvents = action(CustomerEventsDefinition, {}, () => ({
  publishCreated: (event) => reply(event),
  publishNameChanged: (event) => reply(event),
}));
