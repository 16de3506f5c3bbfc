import { decodeMessage, type Message } from "../codec.ts";
import { MeshError } from "../errors.ts";
import type { LogRecord, MessageType } from "../ports.ts";
import { type ReceivedEnvelope, readEnvelope } from "./envelope.ts";

/** A consumed record, read. */
export type Received = { readonly type: MessageType; readonly message: Message; readonly envelope: ReceivedEnvelope };

/** Reads a record into one of the handled types. Throws MALFORMED_REQUEST, which is terminal. */
export type Decoder = (record: LogRecord) => Received;

/**
 * Reads records by their declared type. `accepts` maps type names of foreign producers to ours; a record that
 * does not tell its type is taken as the one handled type, if there is only one.
 */
export const createDecoder = (
  handled: readonly MessageType[],
  accepts: Readonly<Record<string, string>> = {},
): Decoder => {
  const types = new Map(handled.map((type) => [type.name, type]));
  const names = [...types.keys()].join(", ");

  return (record) => {
    const envelope = readEnvelope(record);
    if (record.value === null) throw new MeshError("MALFORMED_REQUEST", "a tombstone holds no message");
    if (!envelope.isProtobuf) {
      throw new MeshError(
        "MALFORMED_REQUEST",
        `content type "${envelope.contentType}" is not supported yet; send application/protobuf`,
      );
    }
    const name = envelope.type === undefined && types.size === 1 ? names : (envelope.type ?? "");
    const type = types.get(accepts[name] ?? name);
    if (type === undefined) {
      throw new MeshError(
        "MALFORMED_REQUEST",
        `no method takes a message of type "${name}" from topic "${record.topic}"; handled are ${names}`,
      );
    }
    try {
      return { type, message: decodeMessage(type, record.value), envelope };
    } catch (cause) {
      throw new MeshError("MALFORMED_REQUEST", `the record is not a ${type.name}`, { cause });
    }
  };
};
