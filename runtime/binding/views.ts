import type { DescMessage } from "@bufbuild/protobuf";
import type { View } from "../component/view.ts";
import type { Model, ServiceModel } from "../contract/model.ts";
import { MeshError } from "../errors.ts";
import type { Endpoint } from "../grpc/endpoint.ts";
import type { EntityStore, MessageType, ViewStore } from "../ports.ts";
import { type DefinedQuery, defineView } from "../view/definition.ts";
import { createLiveQuery } from "../view/live/live-query.ts";
import { createLiveTable, type LiveTable } from "../view/live/live-table.ts";
import { createQuery, type QueryOptions } from "../view/query.ts";
import type { ConsumerPlan } from "./consumers.ts";
import { messageTypes } from "./method.ts";
import { planUpdates, requireHandlers } from "./view-updates.ts";

export type BoundView = {
  readonly endpoints: readonly Endpoint[];
  readonly consumers: readonly ConsumerPlan[];
  /** Creates tables and indexes; queries may be served after that. */
  open(): Promise<void>;
  /** Ends the streams of live queries, so that calls can come to an end. */
  endLive(): Promise<void>;
};

export type BindViewOptions = {
  readonly store: ViewStore;
  readonly entities: EntityStore;
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
  const rebuilding = new Set(tables.map(({ name }) => name));
  return {
    endpoints: queries.map((query) =>
      queryEndpoint(query, component, typeOf, options, rebuilding, live.get(query.table)),
    ),
    consumers: tables.flatMap((table) =>
      planUpdates(table, { ...options, component, service, typeOf, onBackfilled: () => rebuilding.delete(table.name) }),
    ),
    open: async () => {
      for (const { table } of tables) await options.store.open(table);
    },
    endLive: async () => {
      await Promise.all([...live.values()].map((each) => each.close()));
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
  { method, compiled, table }: DefinedQuery,
  { results }: View,
  typeOf: (desc: DescMessage) => MessageType,
  { store, maxListBytes }: BindViewOptions,
  rebuilding: ReadonlySet<string>,
  live: LiveTable | undefined,
): Endpoint => {
  const base = { path: method.path, request: typeOf(method.input), response: typeOf(method.output) };
  const transform = method.query?.transform === true ? results[method.handler] : undefined;
  if (method.query?.streamUpdates === true && live !== undefined) {
    const watch = createLiveQuery({ ...base, compiled, live, transform });
    return {
      ...base,
      shape: "server_streaming",
      async *handle(request, { signal }) {
        requireRebuilt(compiled.plan.table, rebuilding);
        yield* watch(request, signal);
      },
    };
  }
  const isStreamed = method.shape === "server_streaming";
  const query = createQuery({
    compiled,
    isStreamed,
    table,
    store: guardedStore(store, () => requireRebuilt(compiled.plan.table, rebuilding)),
    response: base.response,
    maxListBytes,
    transform,
  });
  return query.kind === "unary"
    ? { ...base, shape: "unary", handle: query.run }
    : { ...base, shape: "server_streaming", handle: query.run };
};

/** Rows that are only partly there are no answer. */
const requireRebuilt = (table: string, rebuilding: ReadonlySet<string>): void => {
  if (!rebuilding.has(table)) return;
  throw new MeshError("VIEW_NOT_READY", `table "${table}" is being built from its entities; try again`, {
    retryAfterMs: 1000,
  });
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
