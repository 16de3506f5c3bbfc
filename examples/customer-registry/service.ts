import { type Application, view } from "rollcall";
import { customerEvents } from "./customer-events.ts";
import { customerJournal } from "./customer-journal.ts";
import { customerNotices, type Notify } from "./customer-notices.ts";
import * as updates from "./customer-updates.ts";
import { customerValue } from "./customer-value.ts";
import { CustomerByEmailDefinition } from "./gen/customers/by_email.ts";
import { CustomerByNameDefinition } from "./gen/customers/by_name.ts";
import { CustomerByNameViewDefinition } from "./gen/customers/by_name_view.ts";
import { CustomerByNameViewFromTopicDefinition } from "./gen/customers/from_topic.ts";
import { CustomersResponseByNameDefinition } from "./gen/customers/response.ts";
import { CustomerSummaryByNameDefinition } from "./gen/customers/summary.ts";
import { CustomerSummaryForRequestDefinition } from "./gen/customers/summary_for_request.ts";

const print: Notify = (text) => void process.stdout.write(`${text}\n`);

/** The customer registry, for any way of running. */
export const service = (descriptors: Uint8Array, notify: Notify = print): Application => ({
  name: "customer-registry",
  descriptors,
  components: [
    customerValue,
    view(CustomerByNameDefinition),
    view(CustomerByEmailDefinition),
    view(CustomerSummaryByNameDefinition),
    view(CustomerSummaryForRequestDefinition),
    view(CustomersResponseByNameDefinition),
    customerJournal(),
    customerNotices(notify),
    customerEvents,
    view(CustomerByNameViewDefinition, { updates }),
    view(CustomerByNameViewFromTopicDefinition, { updates }),
  ],
});
