import { type DescMessage, fromJsonString, type Message, toBinary } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import type { Model } from "../runtime/contract/model.ts";
import { keyOf } from "../runtime/entity/key.ts";
import { MeshError } from "../runtime/errors.ts";
import { readContentType } from "../runtime/eventing/content-type.ts";
import { headersOf } from "../runtime/eventing/envelope.ts";
import { encodeJson } from "../runtime/eventing/payload.ts";
import type { OutgoingRecord } from "../runtime/ports.ts";
import { closest, didYouMean } from "../runtime/view/suggest.ts";
import { BadCall } from "./bad-call.ts";

/** What somebody asked to be published. */
export type Wish = {
  readonly topic: string;
  readonly type: string;
  readonly json: string;
  readonly key: string | undefined;
  readonly subject: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** As the original's generator made it. */
  readonly isOriginal: boolean;
};

export type Stamp = { readonly id: string; readonly time: Date };

/** The record of a wish. Throws `BadCall` for an unknown type, for JSON that is not of it, and for a key that none can be. */
export const recordOf = ({ registry, keyFieldsOf }: Model, wish: Wish, stamp: Stamp): OutgoingRecord => {
  const desc = registry.getMessage(wish.type);
  if (desc === undefined) {
    const names = [...registry].flatMap((each) => (each.kind === "message" ? [each.typeName] : []));
    const remedy = didYouMean(closest(wish.type, names), "give the full name, such as presence.v1.UserPresenceState");
    throw new BadCall(`there is no message type "${wish.type}"; ${remedy}`);
  }
  const message = read(desc, wish.json, registry);
  const { topic, headers } = wish;
  const value = payloadOf(desc, message, headers);
  if (wish.isOriginal) return { topic, key: undefined, value, headers: { ...originalHeaders(desc), ...headers } };

  const { key, partitionKey } = keysOf(desc, message, keyFieldsOf(desc), wish.key);
  const envelope = headersOf({
    id: stamp.id,
    source: "rollcall-publish",
    type: desc.typeName,
    subject: wish.subject ?? key,
    sequence: undefined,
    time: stamp.time.toISOString(),
    traceparent: undefined,
  });
  return { topic, key, partitionKey, value, headers: { ...envelope, ...headers } };
};

/** Protobuf, or JSON where the wish has its content type. */
const payloadOf = (desc: DescMessage, message: Message, headers: Wish["headers"]): Uint8Array => {
  const bytes = toBinary(desc, message);
  return readContentType(headers["content-type"]).format === "json" ? encodeJson({ schema: desc }, bytes) : bytes;
};

const read = (desc: DescMessage, json: string, registry: Model["registry"]): Message => {
  try {
    return fromJsonString(desc, json, { registry });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new BadCall(`the JSON is no ${desc.typeName}: ${why}`);
  }
};

/** A key that is given counts for the partition as one of the message's own would: up to its first "/". */
const keysOf = (
  desc: DescMessage,
  message: Message,
  keyFields: readonly string[],
  given: string | undefined,
): { readonly key: string | undefined; readonly partitionKey: string | undefined } => {
  if (given !== undefined) return { key: given, partitionKey: given.split("/")[0] };
  if (keyFields.length === 0) return { key: undefined, partitionKey: undefined };
  const reflected = reflect(desc, message);
  const fields = desc.fields.filter(({ name }) => keyFields.includes(name));
  try {
    const { text, partitionKey } = keyOf(
      Object.fromEntries(fields.map((field) => [field.name, reflected.get(field)])),
      keyFields,
    );
    return { key: text, partitionKey };
  } catch (error) {
    if (error instanceof MeshError) throw new BadCall(`${error.text}; or give the record's key with --key`);
    throw error;
  }
};

/** Letter by letter what kafka_message_generator.py wrote: HTTP's spelling, no id, no source, no subject. */
const originalHeaders = ({ name }: DescMessage): Record<string, string> => ({
  "ce-type": `com.example.demo.presence.domain.${name}`,
  "ce-specversion": "1.0",
  "ce-datacontenttype": "application/protobuf",
});
