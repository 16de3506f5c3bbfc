import type { Rule } from "../declared.ts";
import { componentRule } from "./component.ts";
import { consumersRule } from "./consumers.ts";
import { entitiesRule } from "./entities.ts";
import { entityMethodsRule } from "./entity-methods.ts";
import { entityNamesRule } from "./entity-names.ts";
import { entitySourcesRule } from "./entity-sources.ts";
import { eventingRule } from "./eventing.ts";
import { eventsRule } from "./events.ts";
import { handlersRule } from "./handlers.ts";
import { httpRule } from "./http.ts";
import { httpTwiceRule } from "./http-twice.ts";
import { keyFieldsRule } from "./key-fields.ts";
import { notSupportedRule } from "./not-supported.ts";
import { queriesRule } from "./queries.ts";
import { replicatedDataRule } from "./replicated-data.ts";
import { serviceTypeRule } from "./service-type.ts";
import { topicsRule } from "./topics.ts";
import { updatesRule } from "./updates.ts";
import { viewsRule } from "./views.ts";

/** Every rule of the contract. Their order does not matter: mistakes are sorted by place. */
export const rules: readonly Rule[] = [
  componentRule,
  consumersRule,
  entitiesRule,
  entityMethodsRule,
  entityNamesRule,
  entitySourcesRule,
  eventingRule,
  eventsRule,
  handlersRule,
  httpRule,
  httpTwiceRule,
  keyFieldsRule,
  notSupportedRule,
  queriesRule,
  replicatedDataRule,
  serviceTypeRule,
  topicsRule,
  updatesRule,
  viewsRule,
];
