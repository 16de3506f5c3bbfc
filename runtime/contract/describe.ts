import type { EntityModel, EventSource, HttpRule, MethodModel, Model, ServiceModel } from "./model.ts";

export type DescribedMethod = {
  readonly name: string;
  readonly request: string;
  readonly response: string;
  readonly shape: MethodModel["shape"];
  /** Callable over gRPC. */
  readonly isExposed: boolean;
  /** Where its messages come from. */
  readonly source?: EventSource;
  /** The topic that its replies go to. */
  readonly destination?: string;
  /** The table that it gives a view's rows. */
  readonly table?: string;
  readonly query?: string;
  readonly http: readonly HttpRule[];
};

export type DescribedService = {
  readonly name: string;
  readonly kind: ServiceModel["kind"];
  /** Of an entity's service. */
  readonly entity?: string;
  readonly methods: readonly DescribedMethod[];
};

export type DescribedEntity = {
  readonly name: string;
  readonly kind: EntityModel["kind"];
  readonly entityType: string;
  /** Replicated data that is no register of messages has none. */
  readonly state?: string;
  /** Scalars that replicated data is made of, by option: its key, element or value. */
  readonly scalars?: Readonly<Record<string, string>>;
  readonly events: readonly string[];
  readonly key: readonly string[];
  /** `undefined` when the entity has none, so that nobody can command it. */
  readonly service: string | undefined;
};

export type DescribedTopic = {
  readonly name: string;
  /** Methods, as `package.Service.Method`. */
  readonly writers: readonly string[];
  /** Names of consumer groups. */
  readonly readers: readonly string[];
};

export type DescribedRoute = HttpRule & { readonly method: string };

/** What a model holds, as plain data: what a person or a script wants to know of an application. */
export type Description = {
  readonly entities: readonly DescribedEntity[];
  readonly services: readonly DescribedService[];
  readonly topics: readonly DescribedTopic[];
  readonly routes: readonly DescribedRoute[];
};

export const describeModel = ({ services, entities }: Model): Description => {
  const all = [...services.values()];
  const methods = all.flatMap((service) =>
    service.methods.map((method) => ({ ...method, fullName: `${service.fullName}.${method.name}` })),
  );
  const topics = new Set(methods.flatMap((method) => topicsOf(method)));
  return {
    entities: [...entities.values()].map((entity) => describeEntity(entity, all)),
    services: all.map(describeService),
    topics: [...topics].toSorted().map((name) => {
      const readers = methods.flatMap(({ source }) =>
        source?.kind === "topic" && source.name === name ? [source.group] : [],
      );
      return {
        name,
        writers: methods.filter(({ destination }) => destination === name).map(({ fullName }) => fullName),
        readers: [...new Set(readers)],
      };
    }),
    routes: methods.flatMap(({ http, fullName }) => http.map((rule) => ({ ...rule, method: fullName }))),
  };
};

const topicsOf = ({ source, destination }: MethodModel): readonly string[] => [
  ...(source?.kind === "topic" ? [source.name] : []),
  ...(destination === undefined ? [] : [destination]),
];

const describeEntity = (entity: EntityModel, services: readonly ServiceModel[]): DescribedEntity => {
  const { fullName, kind, entityType, state, events } = entity;
  const service = services.find(({ component }) => component === fullName);
  const scalars = Object.entries(entity.scalars).flatMap(([option, type]) =>
    type === undefined ? [] : [[option, type]],
  );
  return {
    name: fullName,
    kind,
    entityType,
    ...(state === undefined ? {} : { state: state.typeName }),
    ...(scalars.length === 0 ? {} : { scalars: Object.fromEntries(scalars) }),
    events: events.map(({ typeName }) => typeName),
    // A method that has its keys generated has no key fields.
    key: service?.methods.find(({ keyFields }) => keyFields.length > 0)?.keyFields ?? [],
    service: service?.fullName,
  };
};

const describeService = ({ fullName, kind, component, methods }: ServiceModel): DescribedService => ({
  name: fullName,
  kind,
  ...(component === undefined ? {} : { entity: component }),
  methods: methods.map(describeMethod),
});

const describeMethod = (method: MethodModel): DescribedMethod => {
  const { name, input, output, shape, isExposed, source, destination, update, query, http } = method;
  return {
    name,
    request: input.typeName,
    response: output.typeName,
    shape,
    isExposed,
    ...(source === undefined ? {} : { source }),
    ...(destination === undefined ? {} : { destination }),
    ...(update === undefined ? {} : { table: update.table }),
    ...(query === undefined ? {} : { query: query.text }),
    http,
  };
};
