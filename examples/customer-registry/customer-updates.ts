import { ignore, updateState } from "rollcall";
import type { Customer, CustomerCreated, CustomerNameChanged } from "./gen/customers/model.ts";

// What an event makes of a row; the views of the journal and of the topic have the same events.

/** Rows are made once: the event may be delivered again. */
export const processCustomerCreated = ({ customer }: CustomerCreated, row: Customer | undefined) =>
  row !== undefined || customer === undefined ? ignore() : updateState(customer);

export const processCustomerNameChanged = ({ new_name }: CustomerNameChanged, row: Customer | undefined) =>
  row === undefined ? ignore() : updateState({ ...row, name: new_name });
