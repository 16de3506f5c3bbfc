import { action, type CallContext, ignore } from "rollcall";
import { CustomerNoticesDefinition } from "./gen/customers/events.ts";

/** Takes a notice to wherever it goes: a mail server, in the end. */
export type Notify = (text: string) => void;

/** Greets new customers and says goodbye to removed ones. After a crash it may do so twice, never not at all. */
export const customerNotices = (notify: Notify) =>
  action(CustomerNoticesDefinition, {}, (_, context: CallContext) => ({
    welcome({ customer }) {
      notify(`welcome, ${customer?.name} <${customer?.email}>`);
      return ignore();
    },
    sayGoodbye() {
      notify(`goodbye, ${context.header("ce_subject")}`);
      return ignore();
    },
  }));
