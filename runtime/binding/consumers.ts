import type { Message } from "../codec.ts";
import type { CallContext } from "../component/context.ts";
import { type ConsumedPosition, positionSource } from "../entity/applied.ts";
import { runUnit } from "../entity/run-unit.ts";
import { createDecoder, type Decoder } from "../eventing/decoder.ts";
import { readEnvelope } from "../eventing/envelope.ts";
import type { ScannedSource } from "../eventing/scanned.ts";
import type { EventBus, LogRecord } from "../ports.ts";
import { scansOf, topicOfSource } from "./entity-sources.ts";
import { groupBy } from "./group-by.ts";
import type { BoundMethod } from "./method.ts";
import { routeOf, type SourceRoute } from "./source-routes.ts";

/** A consumer group and what it does with each record. */
export type ConsumerPlan = {
  readonly group: string;
  readonly topics: readonly string[];
  readonly handle: (record: LogRecord, floor: bigint) => Promise<void>;
  /** The same for records of one partition together, where that is less work. */
  readonly handleAll?: (records: readonly LogRecord[]) => Promise<void>;
  /** Entities among its sources, of which it first takes what is in the store. */
  readonly scans?: readonly ScannedSource[];
  /** Handles what was found in the store; only of a plan with `scans`. */
  readonly handleScanned?: (records: readonly LogRecord[]) => Promise<void>;
  /** Called when everything that was in the store has been handled. */
  readonly onBackfilled?: () => void;
};

type Route = Pick<SourceRoute<BoundMethod>, "deletes" | "isIgnored"> & {
  readonly decode: Decoder;
  readonly methods: ReadonlyMap<string, BoundMethod>;
};

/** One consumer a group: the methods that declare it as their source, chosen by topic and message type. */
export const planConsumers = (
  methods: readonly BoundMethod[],
  bus: EventBus,
  accepts: Readonly<Record<string, string>>,
  now: () => number,
): ConsumerPlan[] =>
  [...groupBy(methods, ({ model }) => model.source?.group ?? "")].map(([group, members]) => {
    const routes = routesOf(members, accepts);
    const take = async (record: LogRecord, position: ConsumedPosition | undefined): Promise<void> => {
      const call = callOf(routes.get(record.topic) as Route, record);
      if (call === undefined) return;
      const run = { bus, context: recordContext(record, now), origin: call.origin };
      await runUnit(position === undefined ? run : { ...run, position }, (unit) => call.method.run(unit, call.message));
    };
    return {
      group,
      topics: [...routes.keys()],
      async handle(record, floor) {
        const source = positionSource(group, record.topic, record.partition);
        await take(record, { source, offset: record.offset, floor });
      },
      scans: scansOf(
        members.map(({ model }) => model),
        (model) => members.find((member) => member.model === model)?.request,
      ),
      handleScanned: async (records) => {
        for (const record of records) await take(record, undefined);
      },
    };
  });

type Call = { readonly method: BoundMethod; readonly message: Message; readonly origin: string };

/** What a record asks for; nothing, when it is ignored or a tombstone that no method is told of. */
const callOf = (route: Route, record: LogRecord): Call | undefined => {
  if (record.value === null) {
    const method = route.deletes;
    return method && { method, message: method.request.fromPartial({}), origin: readEnvelope(record).id };
  }
  if (route.isIgnored(record)) return undefined;
  const { type, message, envelope } = route.decode(record);
  return { method: route.methods.get(type.name) as BoundMethod, message, origin: envelope.id };
};

const routesOf = (methods: readonly BoundMethod[], accepts: Readonly<Record<string, string>>): Map<string, Route> => {
  const byTopic = groupBy(methods, ({ model }) => (model.source === undefined ? "" : topicOfSource(model.source)));
  return new Map(
    [...byTopic].map(([topic, members]) => {
      const { takers, deletes, isIgnored } = routeOf(members, ({ model }) => model, accepts);
      const decode = createDecoder(
        takers.map(({ request }) => request),
        accepts,
      );
      const byType = new Map(takers.map((method) => [method.request.name, method]));
      return [topic, { decode, deletes, isIgnored, methods: byType }];
    }),
  );
};

const never = new AbortController().signal;

/** A record has no caller who could leave. */
const recordContext = (record: LogRecord, now: () => number): CallContext => ({
  signal: never,
  deadline: undefined,
  isCancelled: false,
  header: (name) => record.headers[name],
  now,
});
