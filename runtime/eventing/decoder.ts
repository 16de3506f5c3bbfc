import { decodeMessage, type Message } from "../codec.ts";
import { MeshError } from "../errors.ts";
import type { LogRecord, MessageType } from "../ports.ts";
import { type ReceivedEnvelope, readEnvelope } from "./envelope.ts";
import { bytesUrl, decodeJson, decodeText, encodeAny, jsonPrefix, messagePrefix, textUrl, wrap } from "./payload.ts";
import { anyType, bytesType, namedType, stringType, takersOf } from "./taker.ts";

/** A consumed record, read. */
export type Received = { readonly type: MessageType; readonly message: Message; readonly envelope: ReceivedEnvelope };

/** Reads a record into one of the handled types. Throws MALFORMED_REQUEST, which is terminal. */
export type Decoder = (record: LogRecord) => Received;

/**
 * Reads records by their content type and declared type. `accepts` maps type names of foreign producers to ours; a
 * record that does not tell its type is taken as the one handled type, if there is only one.
 */
export const createDecoder = (
  handled: readonly MessageType[],
  accepts: Readonly<Record<string, string>> = {},
): Decoder => {
  const ours = new Map(Object.entries(accepts));
  const types = new Map(handled.map((type) => [type.name, type]));
  const sole = soleOf(handled.map(({ name }) => name));
  const soleMessage = sole ?? soleOf(handled.map(({ name }) => name).filter((name) => !isWrapper(name)));

  const typeOf = (record: LogRecord, envelope: ReceivedEnvelope, named: string | undefined): MessageType => {
    // Nearly every record; the others may take longer.
    const direct = envelope.content.format === "protobuf" && named !== undefined ? types.get(named) : undefined;
    if (direct !== undefined) return direct;
    for (const name of takersOf(envelope, named)) {
      const type = types.get(name);
      if (type !== undefined) return type;
    }
    throw notTaken(record, envelope, [...types.keys()]);
  };

  return (record) => {
    const envelope = readEnvelope(record);
    const { value } = record;
    if (value === null) throw new MeshError("MALFORMED_REQUEST", "a tombstone holds no message");
    const named = namedType(envelope.type, ours);
    // Protobuf that does not tell its type is no text, and no message in an `Any`, where a method takes a message.
    const type = typeOf(record, envelope, named ?? (envelope.content.format === "protobuf" ? soleMessage : sole));
    try {
      return { type, message: read(type, value, envelope, named), envelope };
    } catch (cause) {
      throw unreadable(type, envelope, cause);
    }
  };
};

const soleOf = (names: readonly string[]): string | undefined => (names.length === 1 ? names[0] : undefined);

const isWrapper = (name: string): boolean => name === anyType || name === stringType || name === bytesType;

/** Reads a payload as the type that was chosen for it; an `Any` tells the type that the record named. */
const read = (
  type: MessageType,
  value: Uint8Array,
  { content }: ReceivedEnvelope,
  named: string | undefined,
): Message => {
  switch (content.format) {
    case "protobuf":
      if (type.name !== anyType || named === anyType || named === undefined) return decodeMessage(type, value);
      return decodeMessage(type, encodeAny(`${messagePrefix}${named}`, value));
    case "json": {
      const json = decodeText(value, content.charset);
      if (type.name !== anyType) return decodeJson(type, json);
      JSON.parse(json);
      return decodeMessage(type, encodeAny(`${jsonPrefix}${named ?? "object"}`, wrap(Buffer.from(json))));
    }
    case "text": {
      const text = wrap(Buffer.from(decodeText(value, content.charset)));
      return decodeMessage(type, type.name === anyType ? encodeAny(textUrl, text) : text);
    }
    case "bytes":
      if (type.name === bytesType) return decodeMessage(type, wrap(value));
      return decodeMessage(type, type.name === anyType ? encodeAny(bytesUrl, wrap(value)) : value);
  }
};

const notTaken = (
  { topic }: LogRecord,
  { content: { format, media }, type = "" }: ReceivedEnvelope,
  names: readonly string[],
): MeshError => {
  const handled = `handled are ${names.join(", ")}`;
  const text = {
    protobuf: `no method takes a message of type "${type}" from topic "${topic}"; ${handled}`,
    json: `no method takes ${media} of type "${type}" from topic "${topic}"; ${handled}; add one that takes ${anyType}`,
    text: `no method takes ${media} from topic "${topic}"; ${handled}; add one that takes ${stringType}`,
    bytes:
      media === ""
        ? `no method takes a message of type "${type}", without a content type, from topic "${topic}"; ${handled}`
        : `no method takes ${media} from topic "${topic}"; ${handled}; add one that takes ${bytesType}`,
  };
  return new MeshError("MALFORMED_REQUEST", text[format]);
};

const unreadable = (type: MessageType, { content: { format, media } }: ReceivedEnvelope, cause: unknown): MeshError => {
  const why = cause instanceof Error ? cause.message : String(cause);
  const text =
    format === "json" || format === "text"
      ? `the record's ${media} cannot be read as ${type.name}: ${why}`
      : `the record is not a ${type.name}`;
  return new MeshError("MALFORMED_REQUEST", text, { cause });
};
