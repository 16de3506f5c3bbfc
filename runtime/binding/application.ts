import type { MessageFns } from "../codec.ts";
import type { Application, Component } from "../component/application.ts";
import type { EventSourcedEntity } from "../component/event-sourced-entity.ts";
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
import type { RegisterEntities } from "../replicated/register-entities.ts";
import { type BoundAction, bindAction } from "./actions.ts";
import { type ClientFactory, createClientFactory } from "./clients.ts";
import { type ConsumerPlan, planConsumers } from "./consumers.ts";
import { actionEndpoint, unaryEndpoint } from "./endpoints.ts";
import { bindEntity } from "./entities.ts";
import { publishesChanges } from "./entity-sources.ts";
import { eventTypesOf } from "./event-types.ts";
import type { BoundMethod, BoundService } from "./method.ts";
import { actionNeeds, registerNeed, storeNeed, viewNeed } from "./needs.ts";
import { bindRegister } from "./registers.ts";
import { type Publisher, planRepairs, type RepairPlan } from "./repairs.ts";
import { type BoundView, bindView } from "./views.ts";
import { type BoundWake, bindWake } from "./wakes.ts";

export type BindOptions = {
  readonly ports: Ports;
  readonly log: Log;
  readonly now: () => number;
  readonly maxResponseBytes: number;
};

/** An application joined with its contract: everything that has to be started, and nothing started yet. */
export type BoundApplication = {
  readonly endpoints: readonly Endpoint[];
  readonly consumers: readonly ConsumerPlan[];
  readonly registers: readonly RegisterEntities[];
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
  /** The services by full name, each with a health of its own, and what their calls need. */
  readonly needs: ReadonlyMap<string, readonly Need[]>;
};

export const bindApplication = (app: Application, model: Model, options: BindOptions): BoundApplication => {
  const { ports, log, now } = options;
  const clock = createVersionClock(now);
  const services = new Map<string, BoundService>();
  const registers: RegisterEntities[] = [];
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
    const entity = entityOf(model, service, component.kind);
    const shared = { bus: ports.bus, clock, now, log };
    if (component.kind === "replicated_register") {
      const register = bindRegister(component, service, entity, typeOf(component.value, entity), shared);
      registers.push(register);
      needs.set(service.fullName, [registerNeed(register)]);
      return register;
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
    const waker = wake && createWaker({ type, withinMs: wake.withinMs, store: ports.entities, now, log });
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
    const methods = bindEntity(component, service, hostOf(component, service));
    services.set(service.fullName, methods);
    for (const method of methods.values()) endpoints.push(unaryEndpoint(method, ports.bus));
  }
  for (const component of app.components) {
    if (component.kind !== "view") continue;
    const service = serviceOf(model, component);
    const view = bindView(component, service, model, {
      store: ports.views,
      entities: ports.entities,
      bus: ports.bus,
      log,
      now,
      maxListBytes: options.maxResponseBytes,
      accepts: app.accepts ?? {},
    });
    services.set(service.fullName, view.queries);
    needs.set(service.fullName, [viewStore]);
    views.push(view);
    endpoints.push(...view.endpoints);
  }
  for (const component of app.components) {
    if (component.kind !== "action") continue;
    const service = serviceOf(model, component);
    const clients = clientsOf(component.uses, services, service);
    const bound: BoundAction = bindAction(component, service, clients, model.keyFieldsOf);
    services.set(service.fullName, bound.methods);
    const used = Object.values(component.uses).flatMap(({ fullName }) => needs.get(fullName) ?? []);
    needs.set(service.fullName, actionNeeds([...bound.methods.values()], used, ports));
    for (const method of bound.methods.values()) {
      if (method.model.isExposed) endpoints.push(actionEndpoint(method, bound, ports.bus));
      if (method.model.source !== undefined) sources.push(method);
      if (method.model.destination === undefined) continue;
      destinations.push(method.model.destination);
      const changes = Object.values(component.uses).flatMap(({ fullName }) => stored.get(fullName) ?? []);
      publishers.push({ method, changes });
    }
  }

  const consumers = [
    ...planConsumers(sources, ports.bus, app.accepts ?? {}, now),
    ...views.flatMap((view) => view.consumers),
  ];
  return {
    endpoints,
    consumers,
    registers,
    relayed,
    wakes: [...wakers].map(([wake, waker]) => bindWake(wake, waker, services, { bus: ports.bus, now })),
    entityTypes,
    journalTypes,
    published,
    views,
    repairs: planRepairs(publishers, app, model.keyFieldsOf),
    destinations,
    needs,
  };
};

type EntityComponent = Extract<Component, ValueEntity | EventSourcedEntity | ReplicatedRegister>;

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

const entityOf = (model: Model, service: ServiceModel, kind: Component["kind"]): EntityModel => {
  const entity = model.entities.get(service.component ?? "");
  if (entity === undefined || entity.kind !== kind) throw mismatch(service, kind);
  return entity;
};

const mismatch = (service: ServiceModel, kind: Component["kind"]): MeshError =>
  new MeshError(
    "INVALID_CONTRACT",
    `${service.fullName} is declared as ${service.kind} ${service.component ?? ""} and implemented as ${kind}`,
  );

const typeOf = (codec: MessageFns, { state }: EntityModel): MessageType => ({
  ...codec,
  name: state.typeName,
  schema: state,
});

const clientsOf = (
  uses: Readonly<Record<string, { readonly fullName: string }>>,
  services: ReadonlyMap<string, BoundService>,
  from: ServiceModel,
): Record<string, ClientFactory> =>
  Object.fromEntries(
    Object.entries(uses).map(([name, { fullName }]) => {
      const service = services.get(fullName);
      if (service === undefined) {
        throw new MeshError(
          "INVALID_CONTRACT",
          `${from.fullName} uses ${fullName}, which is no entity or view of this application; add it to its components`,
        );
      }
      return [name, createClientFactory(service)];
    }),
  );
