import { elementOptions } from "../replicated-kinds.ts";

const entity = (at: string): readonly string[] => [
  ...["event_sourced_entity", "value_entity", "replicated_entity"].flatMap((kind) => [
    `${at}.${kind}.name`,
    `${at}.${kind}.entity_type`,
  ]),
  `${at}.event_sourced_entity.state`,
  `${at}.event_sourced_entity.events`,
  `${at}.value_entity.state`,
  ...Object.entries(elementOptions).flatMap(([data, options]) =>
    options.length === 0
      ? [`${at}.replicated_entity.${data}`]
      : options.map((option) => `${at}.replicated_entity.${data}.${option}`),
  ),
];

/** Options that mean something to Rollcall unless they are listed as not supported yet. Anything else is refused. */
export const knownOptions: ReadonlySet<string> = new Set([
  ...entity("file"),
  "field.entity_key",
  // Later schemas name the two so.
  "field.id",
  "method.id_generator.algorithm",
  "legacy_entity_key",
  "service.type",
  "service.component",
  "service.eventing.in.consumer_group",
  "service.eventing.in.topic",
  "service.eventing.in.event_sourced_entity",
  "service.eventing.in.value_entity",
  "service.eventing.in.value_changes",
  "service.eventing.in.event_log",
  "service.eventing.in.ignore_unknown",
  ...entity("codegen"),
  // Names of generated classes; nothing is generated from them here.
  "codegen.action.name",
  "codegen.view.name",
  "method.eventing.in.consumer_group",
  "method.eventing.in.topic",
  "method.eventing.in.event_sourced_entity",
  "method.eventing.in.value_entity",
  "method.eventing.in.value_changes",
  "method.eventing.in.event_log",
  "method.eventing.in.ignore",
  "method.eventing.in.ignore_unknown",
  "method.eventing.in.handle_deletes",
  "method.eventing.out.topic",
  "method.entity.key_generator",
  "method.view.update.table",
  "method.view.update.transform_updates",
  "method.view.query.query",
  "method.view.query.transform_results",
  "method.view.query.stream_updates",
]);
