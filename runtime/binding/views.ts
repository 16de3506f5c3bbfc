import type { DescMessage } from "@bufbuild/protobuf";
import type { View } from "../component/view.ts";
import type { MethodModel, Model, ServiceModel } from "../contract/model.ts";
import { MeshError } from "../errors.ts";
import { createDecoder } from "../eventing/decoder.ts";
import { readEnvelope } from "../eventing/envelope.ts";
import type { Endpoint } from "../grpc/endpoint.ts";
import type { LogRecord, MessageType, ViewStore } from "../ports.ts";
import { type DefinedQuery, type DefinedTable, defineView } from "../view/definition.ts";
import { createQuery } from "../view/query.ts";
import { createUpdater, type ViewEvent } from "../view/updater.ts";
import type { ConsumerPlan } from "./consumers.ts";
import { groupBy } from "./group-by.ts";
import { messageTypes } from "./method.ts";

export type BoundView = {
  readonly endpoints: readonly Endpoint[];
  readonly consumers: readonly ConsumerPlan[];
  /** Creates tables and indexes; queries may be served after that. */
  open(): Promise<void>;
};

export type BindViewOptions = {
  readonly store: ViewStore;
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
  const { tables, queries } = defineView({ model, service, typeOf, revision: component.revision });
  return {
    endpoints: queries.map((query) => queryEndpoint(query, typeOf, options)),
    consumers: tables.flatMap((table) => planUpdates(table, typeOf, options)),
    open: async () => {
      for (const { table } of tables) await options.store.open(table);
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
  typeOf: (desc: DescMessage) => MessageType,
  { store, maxListBytes }: BindViewOptions,
): Endpoint => {
  const base = { path: method.path, request: typeOf(method.input), response: typeOf(method.output) };
  const isStreamed = method.shape === "server_streaming";
  const query = createQuery({ compiled, isStreamed, table, store, response: base.response, maxListBytes });
  return query.kind === "unary"
    ? { ...base, shape: "unary", handle: query.run }
    : { ...base, shape: "server_streaming", handle: query.run };
};

/** One consumer a group and identity: another identity reads its sources from the beginning, into its own rows. */
const planUpdates = (
  { table, updates, keyFields }: DefinedTable,
  typeOf: (desc: DescMessage) => MessageType,
  { store, accepts }: BindViewOptions,
): ConsumerPlan[] => {
  const updater = createUpdater({ store, table, keyFields });
  const hash = table.id.slice(table.id.lastIndexOf("_") + 1);
  return [...groupBy(updates, groupOf)].map(([group, methods]) => {
    const decoders = new Map(
      [...groupBy(methods, topicOf)].map(([topic, members]) => [
        topic,
        createDecoder(
          members.map(({ input }) => typeOf(input)),
          accepts,
        ),
      ]),
    );
    const messageOf = (record: LogRecord) =>
      record.value === null ? undefined : decoders.get(record.topic)?.(record).message;
    const eventOf = (record: LogRecord): ViewEvent => {
      const { subject, sequence } = readEnvelope(record);
      const { topic: source, partition, offset, key: recordKey } = record;
      return { source, subject, sequence, partition, offset, recordKey, message: messageOf(record) };
    };
    return {
      group: `${group}.${hash}`,
      topics: [...decoders.keys()],
      handle: async (record) => updater.apply([eventOf(record)]),
      // Rows know what they were made from, so a batch may be written as one, and again.
      handleAll: async (records) => updater.apply(records.map(eventOf)),
    };
  });
};

const groupOf = ({ source }: MethodModel): string => source?.group ?? "";
const topicOf = ({ source }: MethodModel): string => source?.name ?? "";
