import type { Message } from "../codec.ts";
import { deleteState, ignore, updateState } from "../component/effects.ts";
import type { View } from "../component/view.ts";
import type { EventSource, MethodModel, ServiceModel } from "../contract/model.ts";
import { previousHeader } from "../entity/entity-changes.ts";
import { MeshError } from "../errors.ts";
import { createDecoder } from "../eventing/decoder.ts";
import { isDeletion, type ReceivedEnvelope, readEnvelope } from "../eventing/envelope.ts";
import { journalRecords } from "../eventing/scanned.ts";
import type { EntityStore, EntityType, LogRecord, MessageType, ViewStore } from "../ports.ts";
import type { DefinedTable } from "../view/definition.ts";
import { createHandledUpdater, type HandledEvent } from "../view/handled-updater.ts";
import { createUpdater, type ViewEvent } from "../view/updater.ts";
import type { ConsumerPlan } from "./consumers.ts";
import { updateContextOf } from "./contexts.ts";
import { scansOf, topicOfSource } from "./entity-sources.ts";
import { groupBy } from "./group-by.ts";
import { routeOf } from "./source-routes.ts";

export type ViewUpdatesOptions = {
  readonly component: View;
  readonly service: ServiceModel;
  /** The generated type of a message. */
  readonly typeOf: (desc: MethodModel["input"]) => MessageType;
  readonly store: ViewStore;
  readonly entities: EntityStore;
  /** The value entities of the application. */
  readonly stored: readonly EntityType[];
  readonly accepts: Readonly<Record<string, string>>;
  /** Called when the stores of all entities that feed the table have been read. */
  readonly onBackfilled: () => void;
};

/** One consumer a group and identity: another identity reads its sources from the beginning, into its own rows. */
export const planUpdates = (defined: DefinedTable, options: ViewUpdatesOptions): ConsumerPlan[] => {
  const { table, updates, keyFields } = defined;
  const { service, store, onBackfilled } = options;
  const isTransformed = updates.some(({ update }) => update?.transform === true);
  const ignoring = service.methods.filter(({ ignores }) => ignores);
  const hash = table.id.slice(table.id.lastIndexOf("_") + 1);
  const groups = [...groupBy(updates, ({ source }) => source?.group ?? "")];
  const plans = groups.map(([group, members]) => {
    const methods = [...members, ...ignoring.filter(({ source }) => isOfConsumer(source, group, members))];
    const topics = new Map(
      [...groupBy(methods, topicOf)].map(([topic, each]) => [
        topic,
        readerOf(topic, each, group, groups.length, options),
      ]),
    );
    const read = (record: LogRecord): HandledEvent => {
      const reader = topics.get(record.topic);
      if (reader === undefined) throw new MeshError("INVALID_RECORD", `nothing reads topic "${record.topic}"`);
      return reader(record);
    };
    const apply = isTransformed
      ? createHandledUpdater({ store, table, keyFields, handle: read, history: historyOf(read, methods, options) })
          .apply
      : plainApply(createUpdater({ store, table, keyFields }).apply, read);
    const scans = scansOf(methods, ({ input }) => options.typeOf(input), options.stored);
    return {
      group: `${group}.${hash}`,
      topics: [...topics.keys()],
      handle: async (record: LogRecord) => apply([record]),
      // Rows know what they were made from, so a batch may be written as one, and again.
      handleAll: apply,
      scans,
      handleScanned: apply,
    };
  });
  let open = plans.filter(({ scans }) => scans.length > 0).length;
  return plans.map((plan) => ({
    ...plan,
    onBackfilled: () => {
      open -= 1;
      if (open === 0) onBackfilled();
    },
  }));
};

const topicOf = ({ source }: MethodModel): string => (source === undefined ? "" : topicOfSource(source));

/** A method that ignores counts where a consumer of its group reads its source. */
const isOfConsumer = (source: EventSource | undefined, group: string, members: readonly MethodModel[]): boolean =>
  source?.group === group && members.some((member) => topicOf(member) === topicOfSource(source));

/** Without handlers a message is the row, whatever was there before; what is ignored changes nothing. */
const plainApply =
  (apply: (events: readonly ViewEvent[]) => Promise<void>, read: (record: LogRecord) => HandledEvent) =>
  async (records: readonly LogRecord[]): Promise<void> =>
    apply(records.map(read).filter(({ isIgnored }) => !isIgnored));

/** Reads the records of one topic into events for the methods of one consumer. */
const readerOf = (
  topic: string,
  methods: readonly MethodModel[],
  group: string,
  groups: number,
  { component, typeOf, accepts }: ViewUpdatesOptions,
): ((record: LogRecord) => HandledEvent) => {
  const { takers, deletes, isIgnored } = routeOf(methods, (method) => method, accepts);
  const decode = createDecoder(
    takers.map(({ input }) => typeOf(input)),
    accepts,
  );
  const byType = new Map(takers.map((method) => [method.input.typeName, method]));
  // Consumers of one topic are at different places in it: each has a position of its own in the rows.
  const source = groups === 1 ? topic : `${topic}/${group}`;

  const updateBy =
    (method: MethodModel | undefined, message: Message | undefined, record: LogRecord): HandledEvent["update"] =>
    (row, key) => {
      const handler = method?.update?.transform === true ? component.updates[method.handler] : undefined;
      if (handler === undefined) return message === undefined ? deleteState() : updateState(message);
      return handler(message ?? {}, row, updateContextOf(key, record, method?.input.typeName ?? ""));
    };

  // One literal: every record of a backlog becomes one, and a spread costs more than all else here.
  const eventOf = (
    { partition, offset, key: recordKey, headers }: LogRecord,
    { subject, sequence }: ReceivedEnvelope,
    message: Message | undefined,
    isIgnored: boolean,
    update: HandledEvent["update"],
  ): HandledEvent => ({
    source,
    subject,
    sequence,
    partition,
    offset,
    recordKey,
    previous: headers[previousHeader],
    message,
    isIgnored,
    update,
  });

  return (record) => {
    if (isIgnored(record)) return eventOf(record, readEnvelope(record), undefined, true, ignore);
    if (isDeletion(record)) {
      return eventOf(record, readEnvelope(record), undefined, false, updateBy(deletes, undefined, record));
    }
    const { type, message, envelope } = decode(record);
    return eventOf(record, envelope, message, false, updateBy(byType.get(type.name), message, record));
  };
};

/** Reads the journal behind an event, in the place of events that never came. */
const historyOf = (
  read: (record: LogRecord) => HandledEvent,
  methods: readonly MethodModel[],
  { entities }: ViewUpdatesOptions,
): ((event: HandledEvent) => AsyncIterable<HandledEvent>) => {
  const types = new Map(
    methods.flatMap(({ source }) =>
      source?.kind === "event_sourced_entity" ? [[topicOfSource(source), source.name] as const] : [],
    ),
  );
  return async function* (event) {
    const entityType = [...types].find(
      ([topic]) => event.source === topic || event.source.startsWith(`${topic}/`),
    )?.[1];
    if (entityType === undefined || event.subject === undefined) return;
    for await (const record of journalRecords(entities, entityType, event.subject)) yield read(record);
  };
};

/** Handlers for the methods that need one, and no others. Throws MISSING_HANDLER. */
export const requireHandlers = ({ updates, results }: View, { fullName, methods }: ServiceModel): void => {
  const wanted = (named: readonly MethodModel[], handlers: Readonly<Record<string, unknown>>, option: string): void => {
    const names = named.map(({ handler }) => handler);
    const problems = [
      ...names.filter((name) => handlers[name] === undefined).map((name) => `"${name}" is missing`),
      ...Object.keys(handlers)
        .filter((name) => !names.includes(name))
        .map((name) => `"${name}" belongs to no method with ${option}`),
    ];
    if (problems.length === 0) return;
    const place = option === "transform_updates" ? "updates" : "results";
    throw new MeshError("MISSING_HANDLER", `${fullName}, handlers in "${place}": ${problems.join("; ")}`);
  };
  wanted(
    methods.filter(({ update }) => update?.transform === true),
    updates,
    "transform_updates",
  );
  wanted(
    methods.filter(({ query }) => query?.transform === true),
    results,
    "transform_results",
  );
};
