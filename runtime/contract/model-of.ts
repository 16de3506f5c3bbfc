import type { Contract, DeclaredEntity, DeclaredMethod, DeclaredService } from "./declared.ts";
import type { ComponentKind, EntityModel, EventSource, MethodModel, Model, ServiceModel, ViewQuery } from "./model.ts";
import { flagAt, textAt, treeAt } from "./options.ts";
import { isScalarName } from "./rules/scalar-names.ts";
import { resolveType } from "./type-names.ts";

const sourceKinds: readonly (readonly [option: string, kind: EventSource["kind"]])[] = [
  ["topic", "topic"],
  ["value_entity", "value_entity"],
  ["value_changes", "value_entity"],
  ["event_sourced_entity", "event_sourced_entity"],
  ["event_log", "event_sourced_entity"],
];

/** The consumer group of a method's source: the service's name, and `consumer_group` where it has one. */
export const groupOf = ({ desc, options }: DeclaredMethod): string => {
  const group = textAt(options, "method.eventing.in.consumer_group");
  return group === undefined ? desc.parent.typeName : `${desc.parent.typeName}.${group}`;
};

/** Where a method's messages come from, under the present names of the options. */
export const sourceOf = (method: DeclaredMethod): EventSource | undefined => {
  for (const [option, kind] of sourceKinds) {
    const name = textAt(method.options, `method.eventing.in.${option}`);
    if (name !== undefined) return { kind, name, group: groupOf(method) };
  }
  return undefined;
};

/** Whether the key of a method's entity is made when it is called. */
export const generatesKey = ({ options }: Pick<DeclaredMethod, "options">): boolean =>
  ["method.entity.key_generator", "method.id_generator.algorithm"].some(
    (option) => textAt(options, option) === "VERSION_4_UUID",
  );

const queryOf = ({ options, at }: DeclaredMethod): ViewQuery | undefined => {
  const text = textAt(options, "method.view.query.query") ?? "";
  if (text.trim() === "") return undefined;
  return {
    text,
    transform: flagAt(options, "method.view.query.transform_results"),
    streamUpdates: flagAt(options, "method.view.query.stream_updates"),
    location: at("method.view.query.query"),
  };
};

/** The name ts-proto gives the handler of a method. */
export const handlerName = (name: string): string => name.slice(0, 1).toLowerCase() + name.slice(1);

const isExposed = (kind: ComponentKind, { desc, options, http }: DeclaredMethod): boolean => {
  switch (kind) {
    case "entity":
      return true;
    case "view":
      return treeAt(options, "method.view.query") !== undefined;
    case "action":
      if (http.length > 0 || treeAt(options, "method.eventing") === undefined) return true;
      // Nothing forwards to a stream: without callers nobody would.
      return desc.methodKind !== "unary" && treeAt(options, "method.eventing.in") === undefined;
  }
};

const methodModel = (kind: ComponentKind, method: DeclaredMethod, contract: Contract): MethodModel => {
  const { desc, options } = method;
  const update = treeAt(options, "method.view.update");
  return {
    name: desc.name,
    handler: handlerName(desc.name),
    path: `/${desc.parent.typeName}/${desc.name}`,
    shape: desc.methodKind,
    input: desc.input,
    output: desc.output,
    keyFields: contract.keyFieldsOf(desc.input),
    generatesKey: generatesKey(method),
    http: method.http.map(({ verb, path, body, responseBody }) => ({
      verb,
      path,
      body,
      ...(responseBody !== undefined && { responseBody }),
    })),
    source: sourceOf(method),
    ignores: flagAt(options, "method.eventing.in.ignore"),
    ignoresUnknown: flagAt(options, "method.eventing.in.ignore_unknown"),
    handlesDeletes: flagAt(options, "method.eventing.in.handle_deletes"),
    destination: textAt(options, "method.eventing.out.topic"),
    update: update && { table: textAt(update, "table") ?? "", transform: flagAt(update, "transform_updates") },
    query: queryOf(method),
    isExposed: isExposed(kind, method),
    location: method.at(),
    desc,
  };
};

const serviceModel = (service: DeclaredService, contract: Contract): readonly ServiceModel[] =>
  service.kind === undefined
    ? []
    : [
        {
          fullName: service.desc.typeName,
          kind: service.kind,
          component: service.kind === "entity" ? service.component : undefined,
          methods: service.methods.map((method) => methodModel(service.kind ?? "action", method, contract)),
          location: service.at(),
          desc: service.desc,
        },
      ];

const entityModel = (entity: DeclaredEntity, { registry }: Contract): readonly EntityModel[] => {
  const { kind, data, types, statePath } = entity;
  const typeAt = (path: string) => {
    const type = types.find((each) => each.path === path);
    return type && resolveType(registry, entity.package, type.name);
  };
  const state = typeAt(statePath);
  const modelKind = kind === "replicated_entity" ? data : kind;
  if (modelKind === undefined || (state === undefined && data === undefined)) return [];
  const elements = data === undefined ? [] : types;
  const eventPaths = data === undefined ? types.map(({ path }) => path).filter((path) => path !== statePath) : [];
  return [
    {
      fullName: entity.fullName,
      kind: modelKind,
      entityType: entity.entityType,
      state,
      scalars: Object.fromEntries(
        elements.map(({ path, name }) => [
          path.slice(path.lastIndexOf(".") + 1),
          isScalarName(name) ? name : undefined,
        ]),
      ),
      events: eventPaths.flatMap((path) => typeAt(path) ?? []),
      location: entity.at(entity.path),
    },
  ];
};

/** The model of what is declared; what has a mistake is in it as far as it can be told. */
export const modelOf = (contract: Contract): Model => ({
  services: new Map(
    contract.services.flatMap((service) => serviceModel(service, contract)).map((each) => [each.fullName, each]),
  ),
  entities: new Map(
    contract.entities.flatMap((entity) => entityModel(entity, contract)).map((each) => [each.fullName, each]),
  ),
  registry: contract.registry,
  keyFieldsOf: contract.keyFieldsOf,
});
