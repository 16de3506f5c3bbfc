import type { DescMessage } from "@bufbuild/protobuf";
import { decodeMessage } from "../codec.ts";
import type { View } from "../component/view.ts";
import type { Model, ServiceModel } from "../contract/model.ts";
import { MeshError } from "../errors.ts";
import type { Endpoint } from "../grpc/endpoint.ts";
import type { Log } from "../log.ts";
import type { EntityStore, EntityType, EventBus, MessageType, ViewStore } from "../ports.ts";
import type { Timers } from "../timers.ts";
import { type DefinedQuery, defineView } from "../view/definition.ts";
import { createLiveQuery } from "../view/live/live-query.ts";
import { createLiveTable, type LiveTable } from "../view/live/live-table.ts";
import { createQuery, type QueryOptions } from "../view/query.ts";
import type { ConsumerPlan } from "./consumers.ts";
import { messageTypes } from "./method.ts";
import { createViewLife, type ViewLife } from "./view-life.ts";
import { planUpdates, requireHandlers } from "./view-updates.ts";

export type BoundView = {
  readonly endpoints: readonly Endpoint[];
  readonly consumers: readonly ConsumerPlan[];
  /** Takes its tables into use; what new queries need of them may still be made after that. */
  open(): Promise<void>;
  close(): Promise<void>;
  /** Ends the streams of live queries, so that calls can come to an end. */
  endLive(): Promise<void>;
  /** How the store finds the rows of a query, by its gRPC path and the bytes of a request; `undefined` of others' queries. */
  explain(path: string, request: Uint8Array): Promise<ExplainedQuery | undefined>;
};

/** A query as it runs, with the store's own plan for it. */
export type ExplainedQuery = { readonly table: string; readonly query: string; readonly plan: string };

export type BindViewOptions = {
  readonly store: ViewStore;
  readonly entities: EntityStore;
  /** The value entities of the application. */
  readonly stored: readonly EntityType[];
  readonly bus: EventBus;
  readonly log: Log;
  readonly now: () => number;
  readonly timers: Timers;
  readonly maxListBytes: number;
  readonly accepts: Readonly<Record<string, string>>;
};

/** A view service: its tables, a consumer for what feeds them, and an endpoint for each query. */
export const bindView = (component: View, service: ServiceModel, model: Model, options: BindViewOptions): BoundView => {
  const types = messageTypesOf(component, service);
  const typeOf = (desc: DescMessage): MessageType => {
    const type = types.get(desc.typeName);
    if (type !== undefined) return type;
    throw new MeshError("INVALID_CONTRACT", `${service.fullName} stores ${desc.typeName}, which no method of it names`);
  };
  requireHandlers(component, service);
  const { tables, queries } = defineView({ model, service, typeOf, revision: component.revision });
  const live = new Map(tables.map(({ table }) => [table, createLiveTable({ store: options.store, table })]));
  const lives = new Map<string, ViewLife>();
  const consumers = tables.flatMap((defined) => {
    const onBackfilled = (): void => lives.get(defined.name)?.backfilled();
    const plans = planUpdates(defined, { ...options, component, service, typeOf, onBackfilled });
    const life = createViewLife({ ...options, service: service.fullName, defined, consumers: plans });
    lives.set(defined.name, life);
    // Nothing is read from a store for it.
    if (plans.every(({ scans = [] }) => scans.length === 0)) life.backfilled();
    return plans;
  });
  return {
    endpoints: queries.map((query) =>
      queryEndpoint(query, component, typeOf, options, lives.get(query.compiled.plan.table), live.get(query.table)),
    ),
    consumers,
    open: async () => {
      for (const life of lives.values()) await life.open();
    },
    close: async () => {
      for (const life of lives.values()) await life.close();
    },
    endLive: async () => {
      await Promise.all([...live.values()].map((each) => each.close()));
    },
    explain: async (path, bytes) => {
      const found = queries.find(({ method }) => method.path === path);
      if (found === undefined) return undefined;
      const { method, compiled, table } = found;
      const request = decodeMessage(typeOf(method.input), bytes);
      const plan = await options.store.explain(table, compiled.plan, request);
      return { table: table.id, query: method.query?.text ?? "", plan };
    },
  };
};

const messageTypesOf = ({ definition }: View, service: ServiceModel): ReadonlyMap<string, MessageType> =>
  new Map(
    service.methods
      .map((method) => messageTypes(definition, method))
      .flatMap(({ request, response }) => [request, response])
      .map((type) => [type.name, type]),
  );

const queryEndpoint = (
  query: DefinedQuery,
  { results }: View,
  typeOf: (desc: DescMessage) => MessageType,
  { store, maxListBytes }: BindViewOptions,
  life: ViewLife | undefined,
  live: LiveTable | undefined,
): Endpoint => {
  const { method, compiled, table } = query;
  const base = { path: method.path, request: typeOf(method.input), response: typeOf(method.output) };
  const transform = method.query?.transform === true ? results[method.handler] : undefined;
  if (method.query?.streamUpdates === true && live !== undefined) {
    const watch = createLiveQuery({ ...base, compiled, live, transform });
    return {
      ...base,
      shape: "server_streaming",
      async *handle(request, { signal }) {
        life?.requireReady(query);
        yield* watch(request, signal);
      },
    };
  }
  const isStreamed = method.shape === "server_streaming";
  const call = createQuery({
    compiled,
    isStreamed,
    table,
    store: guardedStore(store, () => life?.requireReady(query)),
    response: base.response,
    maxListBytes,
    transform,
  });
  return call.kind === "unary"
    ? { ...base, shape: "unary", handle: call.run }
    : { ...base, shape: "server_streaming", handle: call.run };
};

/** The store, asked only after a check. */
const guardedStore = (store: ViewStore, check: () => void): QueryOptions["store"] => ({
  async *find(table, plan, request) {
    check();
    yield* store.find(table, plan, request);
  },
  async page(table, plan, request) {
    check();
    return store.page(table, plan, request);
  },
  async count(table, plan, request) {
    check();
    return store.count(table, plan, request);
  },
});
