import type { CallContext } from "../component/context.ts";
import { positionSource } from "../entity/applied.ts";
import { runUnit } from "../entity/run-unit.ts";
import { createDecoder, type Decoder } from "../eventing/decoder.ts";
import type { EventBus, LogRecord } from "../ports.ts";
import { groupBy } from "./group-by.ts";
import type { BoundMethod } from "./method.ts";

/** A consumer group and what it does with each record. */
export type ConsumerPlan = {
  readonly group: string;
  readonly topics: readonly string[];
  readonly handle: (record: LogRecord, floor: bigint) => Promise<void>;
  /** The same for records of one partition together, where that is less work. */
  readonly handleAll?: (records: readonly LogRecord[]) => Promise<void>;
};

type Route = { readonly decode: Decoder; readonly methods: ReadonlyMap<string, BoundMethod> };

/** One consumer a group: the methods that declare it as their source, chosen by topic and message type. */
export const planConsumers = (
  methods: readonly BoundMethod[],
  bus: EventBus,
  accepts: Readonly<Record<string, string>>,
  now: () => number,
): ConsumerPlan[] =>
  [...groupBy(methods, ({ model }) => model.source?.group ?? "")].map(([group, members]) => {
    const routes = routesOf(members, accepts);
    return {
      group,
      topics: [...routes.keys()],
      async handle(record, floor) {
        if (record.value === null) return; // A tombstone tells the log's cleaner something, not the handlers.
        const route = routes.get(record.topic) as Route;
        const { type, message, envelope } = route.decode(record);
        const method = route.methods.get(type.name) as BoundMethod;
        const source = positionSource(group, record.topic, record.partition);
        const position = { source, offset: record.offset, floor };
        const context = recordContext(record, now);
        await runUnit({ bus, context, position, origin: envelope.id }, (unit) => method.run(unit, message));
      },
    };
  });

const routesOf = (methods: readonly BoundMethod[], accepts: Readonly<Record<string, string>>): Map<string, Route> => {
  const byTopic = groupBy(methods, ({ model }) => model.source?.name ?? "");
  return new Map(
    [...byTopic].map(([topic, members]) => {
      const decode = createDecoder(
        members.map(({ request }) => request),
        accepts,
      );
      return [topic, { decode, methods: new Map(members.map((method) => [method.request.name, method])) }];
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
