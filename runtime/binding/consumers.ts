import type { Message } from "../codec.ts";
import { type ConsumedPosition, positionSource } from "../entity/applied.ts";
import { type FoldUnit, runFold } from "../entity/run-fold.ts";
import { runUnit } from "../entity/run-unit.ts";
import type { Unit } from "../entity/unit.ts";
import { createDecoder, type Decoder } from "../eventing/decoder.ts";
import { isDeletion, readEnvelope } from "../eventing/envelope.ts";
import type { Handled } from "../eventing/handled.ts";
import type { ScannedSource } from "../eventing/scanned.ts";
import type { EntityType, EventBus, LogRecord } from "../ports.ts";
import { RecordContext } from "./contexts.ts";
import { scansOf, topicOfSource } from "./entity-sources.ts";
import { groupBy } from "./group-by.ts";
import type { BoundMethod } from "./method.ts";
import { routeOf, type SourceRoute } from "./source-routes.ts";

/** A consumer group and what it does with each record. */
export type ConsumerPlan = {
  readonly group: string;
  readonly topics: readonly string[];
  readonly handle: (record: LogRecord, floor: bigint) => Promise<void>;
  /** See `ConsumerOptions`. */
  readonly handleTogether?: (records: readonly LogRecord[], floor: bigint) => Promise<Handled>;
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
  /** The value entities of the application. */
  stored: readonly EntityType[],
): ConsumerPlan[] =>
  [...groupBy(methods, ({ model }) => model.source?.group ?? "")].map(([group, members]) => {
    const routes = routesOf(members, accepts);
    const unitOf = (record: LogRecord) => {
      const call = callOf(routes.get(record.topic) as Route, record);
      if (call === undefined) return undefined;
      const { method, message, type, origin } = call;
      const command = (unit: Unit) => method.run(unit, message);
      return { run: { bus, context: new RecordContext(record, type, now), origin }, command };
    };
    const take = async (record: LogRecord, position: ConsumedPosition | undefined): Promise<void> => {
      const unit = unitOf(record);
      if (unit === undefined) return;
      await runUnit(position === undefined ? unit.run : { ...unit.run, position }, unit.command);
    };
    const positionOf = ({ topic, partition, offset }: LogRecord, floor: bigint): ConsumedPosition => ({
      source: positionSource(group, topic, partition),
      offset,
      floor,
    });
    const foldUnitOf = (record: LogRecord, floor: bigint): FoldUnit | undefined => {
      const unit = unitOf(record);
      return unit && { command: unit.command, run: { ...unit.run, position: positionOf(record, floor) } };
    };
    return {
      group,
      topics: [...routes.keys()],
      handle: (record, floor) => take(record, positionOf(record, floor)),
      handleTogether: (records, floor) => runFold(readable(records, (record) => foldUnitOf(record, floor))),
      scans: scansOf(
        members.map(({ model }) => model),
        (model) => members.find((member) => member.model === model)?.request,
        stored,
      ),
      handleScanned: async (records) => {
        for (const record of records) await take(record, undefined);
      },
    };
  });

type Call = {
  readonly method: BoundMethod;
  readonly message: Message;
  /** Full name of what the record was read as. */
  readonly type: string;
  readonly origin: string;
};

/** What a record asks for; nothing, when it is ignored or a tombstone that no method is told of. */
const callOf = (route: Route, record: LogRecord): Call | undefined => {
  if (isDeletion(record)) {
    const method = route.deletes;
    if (method === undefined) return undefined;
    const { name, fromPartial } = method.request;
    return { method, message: fromPartial({}), type: name, origin: readEnvelope(record).id };
  }
  if (route.isIgnored(record)) return undefined;
  const { type, message, envelope } = route.decode(record);
  const method = route.methods.get(type.name) as BoundMethod;
  return { method, message, type: type.name, origin: envelope.id };
};

/** What the records are read as, up to the first that is no message: what becomes of that one is its own matter. */
const readable = <T>(records: readonly LogRecord[], read: (record: LogRecord) => T | undefined): T[] => {
  const all: T[] = [];
  for (const record of records) {
    try {
      const one = read(record);
      if (one === undefined) return all;
      all.push(one);
    } catch {
      return all;
    }
  }
  return all;
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
