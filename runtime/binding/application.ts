import type { MessageFns } from "../codec.ts";
import type { Action } from "../component/action.ts";
import type { Application, Component } from "../component/application.ts";
import type { ServiceDefinition, Use } from "../component/definition.ts";
import type { EventSourcedEntity } from "../component/event-sourced-entity.ts";
import type { ReplicatedEntity } from "../component/replicated-entity.ts";
import type { ReplicatedRegister } from "../component/replicated-register.ts";
import type { ValueEntity } from "../component/value-entity.ts";
import type { Wake } from "../component/wake.ts";
import type { EntityModel, Model, ServiceModel } from "../contract/model.ts";
import type { EntityHost } from "../entity/host.ts";
import { createJournalEntities } from "../entity/journal-entities.ts";
import type { Relayed } from "../entity/relay.ts";
import { createStoredEntities, type StoredEntities } from "../entity/stored-entities.ts";
import { createVersionClock } from "../entity/version-clock.ts";
import { createWaker, type Waker } from "../entity/waker.ts";
import { MeshError } from "../errors.ts";
import type { Endpoint } from "../grpc/endpoint.ts";
import type { Need } from "../health.ts";
import type { Log } from "../log.ts";
import type { EntityType, MessageType, Ports } from "../ports.ts";
import type { FollowedEntities } from "../replicated/followed-entities.ts";
import type { Timers } from "../timers.ts";
import { type BoundAction, bindAction } from "./actions.ts";
import { createAnswers } from "./answers.ts";
import { createApartFactory } from "./apart-clients.ts";
import { type ClientFactory, createClientFactory, createRemoteFactory } from "./clients.ts";
import { type ConsumerPlan, planConsumers } from "./consumers.ts";
import { createDirectory, type Directory, remedy } from "./directory.ts";
import { actionEndpoint, unaryEndpoint } from "./endpoints.ts";
import { bindEntity } from "./entities.ts";
import { publishesChanges } from "./entity-sources.ts";
import { eventTypesOf } from "./event-types.ts";
import type { BoundMethod, BoundService } from "./method.ts";
import { actionNeeds, logNeed, storeNeed, viewNeed } from "./needs.ts";
import { bindRegister } from "./registers.ts";
import { type Publisher, planRepairs, type RepairPlan } from "./repairs.ts";
import { bindData } from "./replicated-data.ts";
import { createSideEffects, type SideEffects } from "./side-effects.ts";
import { queriesOf } from "./view-queries.ts";
import { type BoundView, bindView } from "./views.ts";
import { type BoundWake, bindWake } from "./wakes.ts";

export type BindOptions = {
  readonly ports: Ports;
  readonly log: Log;
  readonly now: () => number;
  readonly timers: Timers;
  readonly maxResponseBytes: number;
  /** Addresses of services elsewhere, by full name. */
  readonly addresses?: ReadonlyMap<string, string>;
};

/** An application joined with its contract: everything that has to be started, and nothing started yet. */
export type BoundApplication = {
  readonly endpoints: readonly Endpoint[];
  readonly consumers: readonly ConsumerPlan[];
  /** Methods of actions and entities, by full name of their service, then by handler. */
  readonly services: ReadonlyMap<string, BoundService>;
  /** Who keeps the entities of a service. */
  readonly hosts: ReadonlyMap<string, EntityHost>;
  /** Hosts of entities that live in memory, over a log. */
  readonly followed: readonly FollowedEntities[];
  /** Hosts whose committed messages a crash may leave unpublished. */
  readonly relayed: readonly Relayed[];
  /** Types of entities that ask to be woken. */
  readonly wakes: readonly BoundWake[];
  readonly entityTypes: readonly EntityType[];
  readonly journalTypes: readonly EntityType[];
  /** Types of entities whose changes are published for consumers. */
  readonly published: readonly string[];
  readonly views: readonly BoundView[];
  /** Compacted topics that must end with what is stored. */
  readonly repairs: readonly RepairPlan[];
  /** Topics that replies are published to. */
  readonly destinations: readonly string[];
  /** Calls that handlers asked for beside their answers. */
  readonly sideEffects: SideEffects;
  /** Services elsewhere, and the components here. */
  readonly directory: Directory;
  /** The services by full name, each with a health of its own, and what their calls need. */
  readonly needs: ReadonlyMap<string, readonly Need[]>;
};

export const bindApplication = (app: Application, model: Model, options: BindOptions): BoundApplication => {
  const { ports, log, now, timers } = options;
  const clock = createVersionClock(now);
  const services = new Map<string, BoundService>();
  const hosts = new Map<string, EntityHost>();
  const directory = createDirectory(services, options.addresses ?? new Map());
  const sideEffects = createSideEffects(directory, ports.bus, log);
  const answers = createAnswers(directory, sideEffects, ports.bus);
  const followed: FollowedEntities[] = [];
  const relayed: Relayed[] = [];
  const stored = new Map<string, StoredEntities>();
  const wakers = new Map<Wake, Waker>();
  const publishers: Publisher[] = [];
  const needs = new Map<string, readonly Need[]>();
  const [store, viewStore] = [storeNeed(ports), viewNeed(ports)];
  const entityTypes: EntityType[] = [];
  const journalTypes: EntityType[] = [];
  const published: string[] = [];
  const endpoints: Endpoint[] = [];
  const sources: BoundMethod[] = [];
  const views: BoundView[] = [];
  const destinations: string[] = [];

  const hostOf = (component: EntityComponent, service: ServiceModel): EntityHost => {
    const entity = entityOf(model, service, component.kind === "replicated_entity" ? component.data : component.kind);
    const shared = { bus: ports.bus, clock, now, timers, log };
    if (component.kind === "replicated_register" || component.kind === "replicated_entity") {
      const entities =
        component.kind === "replicated_register"
          ? bindRegister(component, service, entity, typeOf(component.value, entity), shared)
          : bindData(component, service, entity, shared);
      followed.push(entities);
      needs.set(service.fullName, [logNeed(entities)]);
      return entities;
    }
    if (publishesChanges(app, model, entity)) published.push(entity.entityType);
    const wake = component.kind === "value_entity" ? component.wake : undefined;
    const type: EntityType = {
      name: entity.entityType,
      state: typeOf(component.state, entity),
      wakes: wake !== undefined,
    };
    const settings = {
      ...shared,
      type,
      emptyState: component.emptyState,
      publishesChanges: published.includes(entity.entityType),
      store: ports.entities,
    };
    needs.set(service.fullName, [store]);
    if (component.kind === "event_sourced_entity") {
      const { apply, snapshotEvery } = component;
      const events = eventTypesOf(component, entity);
      const entities = createJournalEntities({ ...settings, events, apply, snapshotEvery });
      journalTypes.push(type);
      relayed.push(entities);
      return entities;
    }
    const waker = wake && createWaker({ type, withinMs: wake.withinMs, store: ports.entities, now, timers, log });
    if (wake !== undefined && waker !== undefined) wakers.set(wake, waker);
    const wakes = wake && waker && { at: wake.at, waker };
    const entities = createStoredEntities({ ...settings, wakes });
    entityTypes.push(type);
    relayed.push(entities);
    stored.set(service.fullName, entities);
    return entities;
  };

  for (const component of app.components) {
    if (component.kind === "action" || component.kind === "view") continue;
    const service = serviceOf(model, component);
    const host = hostOf(component, service);
    hosts.set(service.fullName, host);
    const methods = bindEntity(component, service, host, answers);
    services.set(service.fullName, methods);
    for (const method of methods.values()) endpoints.push(unaryEndpoint(method, ports.bus));
  }
  for (const component of app.components) {
    const service = serviceOf(model, component);
    if (component.kind === "action") {
      requireKnown(component.uses, app, directory, service);
      const bound: BoundAction = bindAction(component, service, {
        clients: () => clientsOf(component.uses, services, directory, options),
        answers,
        keyFieldsOf: model.keyFieldsOf,
        bus: ports.bus,
      });
      services.set(service.fullName, bound.methods);
      const uses = Object.values(component.uses).map(definitionOf);
      const used = uses.flatMap(({ fullName }) => needs.get(fullName) ?? []);
      needs.set(service.fullName, actionNeeds([...bound.methods.values()], used, ports));
      for (const method of bound.methods.values()) {
        if (method.model.isExposed) endpoints.push(actionEndpoint(method, bound, ports.bus));
        if (method.model.source !== undefined) sources.push(method);
        if (method.model.destination === undefined) continue;
        destinations.push(method.model.destination);
        const changes = uses.flatMap(({ fullName }) => stored.get(fullName) ?? []);
        publishers.push({ method, changes });
      }
    } else if (component.kind === "view") {
      const view = bindView(component, service, model, {
        store: ports.views,
        entities: ports.entities,
        stored: entityTypes,
        bus: ports.bus,
        log,
        now,
        timers,
        maxListBytes: options.maxResponseBytes,
        accepts: app.accepts ?? {},
      });
      services.set(service.fullName, queriesOf(view.endpoints, component, service));
      needs.set(service.fullName, [viewStore]);
      views.push(view);
      endpoints.push(...view.endpoints);
    }
  }

  const consumers = [
    ...planConsumers(sources, ports.bus, app.accepts ?? {}, now, entityTypes),
    ...views.flatMap((view) => view.consumers),
  ];
  return {
    endpoints,
    consumers,
    services,
    hosts,
    followed,
    relayed,
    wakes: [...wakers].map(([wake, waker]) => bindWake(wake, waker, services, { bus: ports.bus, now })),
    entityTypes,
    journalTypes,
    published,
    views,
    repairs: planRepairs(publishers, app, model.keyFieldsOf),
    destinations,
    sideEffects,
    directory,
    needs,
  };
};

type EntityComponent = Extract<Component, ValueEntity | EventSourcedEntity | ReplicatedRegister | ReplicatedEntity>;

const serviceOf = (model: Model, { kind, definition }: Component): ServiceModel => {
  const service = model.services.get(definition.fullName);
  if (service === undefined) {
    throw new MeshError(
      "INVALID_CONTRACT",
      `service ${definition.fullName} is not annotated in the descriptor set; run make gen`,
    );
  }
  const declared = kind === "action" || kind === "view" ? kind : "entity";
  if (service.kind !== declared) throw mismatch(service, kind);
  return service;
};

const entityOf = (model: Model, service: ServiceModel, kind: EntityModel["kind"]): EntityModel => {
  const entity = model.entities.get(service.component ?? "");
  if (entity === undefined || entity.kind !== kind) throw mismatch(service, kind);
  return entity;
};

const mismatch = (service: ServiceModel, kind: Component["kind"] | EntityModel["kind"]): MeshError =>
  new MeshError(
    "INVALID_CONTRACT",
    `${service.fullName} is declared as ${service.kind} ${service.component ?? ""} and implemented as ${kind}`,
  );

const typeOf = (codec: MessageFns, { fullName, state }: EntityModel): MessageType => {
  if (state !== undefined) return { ...codec, name: state.typeName, schema: state };
  throw new MeshError("INVALID_CONTRACT", `${fullName} holds a scalar; implement it as replicatedClockRegister`);
};

/** What an action uses is a component here, or has an address. */
const requireKnown = (uses: Action["uses"], app: Application, directory: Directory, from: ServiceModel): void => {
  const here = new Set(app.components.map(({ definition }) => definition.fullName));
  for (const [name, use] of Object.entries(uses)) {
    const used = definitionOf(use);
    if (used?.fullName === undefined) {
      throw new MeshError(
        "INVALID_CONTRACT",
        `${from.fullName} uses ${name}, which is no service definition; give the generated one, as its component was given`,
      );
    }
    if (here.has(used.fullName)) continue;
    if ("apart" in use) {
      throw new MeshError(
        "INVALID_CONTRACT",
        `${from.fullName} uses ${used.fullName} apart, which is no component of this application; a service elsewhere is never part of the caller's unit of work: use it as it is`,
      );
    }
    if (directory.remote(used) !== undefined) continue;
    throw new MeshError(
      "INVALID_CONTRACT",
      `${from.fullName} uses ${used.fullName}, which is no component of this application; ${remedy(used.fullName)}`,
    );
  }
};

const definitionOf = (use: Use): ServiceDefinition => ("apart" in use ? use.apart : use);

const clientsOf = (
  uses: Action["uses"],
  services: ReadonlyMap<string, BoundService>,
  directory: Directory,
  { ports, log }: BindOptions,
): Record<string, ClientFactory> =>
  Object.fromEntries(
    Object.entries(uses).flatMap(([name, use]) => {
      const used = definitionOf(use);
      const service = services.get(used.fullName);
      if (service !== undefined && "apart" in use) return [[name, createApartFactory(service, ports.bus, log)]];
      if (service !== undefined) return [[name, createClientFactory(service)]];
      const remote = directory.remote(used);
      return remote === undefined ? [] : [[name, createRemoteFactory(used, remote)]];
    }),
  );
