import { AssertionError } from "node:assert";
import type { MessageFns } from "../codec.ts";
import { untyped } from "../component/definition.ts";
import { keyOf, partitionKeyOf } from "../entity/key.ts";
import { createDecoder } from "../eventing/decoder.ts";
import type { EventBus, LogRecord, OutgoingRecord } from "../ports.ts";
import { assertSame, type PartialOf, sidesOf } from "./expected.ts";
import type { MessageTypes } from "./message-types.ts";

/** A message that an application has published. */
export type ReceivedMessage<T> = {
  readonly message: T;
  readonly key: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
};

export type PublishOptions = {
  /** By default the text of the message's key fields. */
  readonly key?: string;
  /** Beside those that tell the message's type, or in their place. */
  readonly headers?: Readonly<Record<string, string>>;
};

/**
 * A topic, as a test looks at it: what the application has published, in that order, each message once. What the test
 * publishes itself is not among it. An expectation lets the application settle first; time stands still meanwhile.
 */
export type TopicProbe = {
  /** Publishes as another application would. */
  publish<C extends MessageFns>(type: C, message: PartialOf<C>, options?: PublishOptions): Promise<void>;
  /** Publishes a payload as it is, with no headers but these: JSON, text, or what no application should send. */
  publishRaw(payload: Uint8Array | string, options?: PublishOptions): Promise<void>;
  /** Publishes a tombstone. */
  publishDeletion(key: string): Promise<void>;
  /** Takes the next message, which must be of this type and have these fields. */
  expectOne<C extends MessageFns>(type: C, fields?: PartialOf<C>): Promise<ReceivedMessage<ReturnType<C["decode"]>>>;
  /** Takes the next message, which must be the tombstone of this key. */
  expectDeletion(key: string): Promise<void>;
  /** Nothing is left that no expectation has taken. */
  expectNone(): Promise<void>;
};

export type TopicProbeOptions = {
  readonly topic: string;
  readonly bus: EventBus;
  readonly published: readonly OutgoingRecord[];
  readonly types: MessageTypes;
  readonly settled: () => Promise<void>;
};

export const createTopicProbe = (options: TopicProbeOptions): TopicProbe => {
  const { topic, bus, published, types } = options;
  const decode = createDecoder(types.all);
  let taken = 0;

  const untaken = (): LogRecord[] =>
    published
      .filter((record) => record.topic === topic)
      .slice(taken)
      .map((record) => ({ ...record, ...place }));

  const describe = (record: LogRecord): object => {
    if (record.value === null) return { key: record.key, deletion: true };
    const { type, message } = decode(record);
    return { key: record.key, type: type.name, message };
  };

  /** Nothing is ever published to a topic that is not there: whoever asks for one has misspelled it. */
  const settled = async (): Promise<void> => {
    await bus.endOffsets(topic);
    await options.settled();
  };

  const next = async (expected: string): Promise<LogRecord> => {
    await settled();
    const [record] = untaken();
    if (record !== undefined) return record;
    const before = taken === 0 ? "nothing was published to it" : `no more came than the ${taken} taken before`;
    throw new AssertionError({
      message: `expected ${expected} on topic "${topic}": ${before}`,
      actual: undefined,
      expected,
      operator: "expectOne",
    });
  };

  return {
    async publish(codec, partial, { key, headers = {} } = {}) {
      const type = types.typeOf(codec);
      const message = codec.fromPartial(partial);
      const fields = types.keyFieldsOf(type);
      const own = fields.length === 0 ? undefined : keyOf(message, fields);
      await bus.publish([
        {
          topic,
          key: key ?? own?.text,
          partitionKey: key === undefined ? own?.partitionKey : partitionKeyOf(key),
          value: codec.encode(message).finish(),
          headers: { ce_type: type.name, "content-type": "application/protobuf", ...headers },
        },
      ]);
    },
    publishRaw: (payload, { key, headers = {} } = {}) =>
      bus.publish([{ topic, key, partitionKey: key && partitionKeyOf(key), value: Buffer.from(payload), headers }]),
    publishDeletion: (key) =>
      bus.publish([{ topic, key, partitionKey: partitionKeyOf(key), value: null, headers: {} }]),
    async expectOne<C extends MessageFns>(codec: C, fields?: PartialOf<C>) {
      const { name } = types.typeOf(codec);
      const record = await next(name);
      const what = `the next message on topic "${topic}"`;
      const { type, message } = record.value === null ? tombstone : decode(record);
      assertSame(what, { actual: type.name, expected: name });
      assertSame(what, sidesOf(codec, fields ?? {}, message));
      taken += 1;
      return { message: untyped<ReturnType<C["decode"]>>(message), key: record.key, headers: record.headers };
    },
    async expectDeletion(key) {
      const record = await next(`the tombstone of "${key}"`);
      const actual = { key: record.key, isDeletion: record.value === null };
      assertSame(`the next message on topic "${topic}"`, { actual, expected: { key, isDeletion: true } });
      taken += 1;
    },
    async expectNone() {
      await settled();
      assertSame(`what was published to topic "${topic}"`, { actual: untaken().map(describe), expected: [] });
    },
  };
};

const tombstone = { type: { name: "a tombstone" }, message: undefined };

/** Where it stands in the log is nothing a message tells. */
const place = { partition: -1, offset: -1n, timestamp: 0 };
