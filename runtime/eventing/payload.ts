import { fromBinary, fromJsonString, toBinary, toJsonString } from "@bufbuild/protobuf";
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { decodeMessage, type Message } from "../codec.ts";
import type { MessageType } from "../ports.ts";

/** What an `Any` with a message of protobuf begins its type URL with. */
export const messagePrefix = "type.googleapis.com/";
/** What an `Any` with JSON begins its type URL with; the name behind it is the event's type. */
export const jsonPrefix = "json.kalix.io/";
/** The same of JSON of any age: the prefixes of its forerunners. */
export const isJsonUrl = /^json\.(kalix\.io|akkaserverless\.com|cloudstate\.io|akka\.io)\//;
/** What an `Any` with text or bytes has as its type URL. */
export const textUrl = "type.kalix.io/string";
export const bytesUrl = "type.kalix.io/bytes";

const valueTag = 1;

/** Bytes as the first field of a message: the form of wrapper messages, and of what is no message in an `Any`. */
export const wrap = (bytes: Uint8Array): Uint8Array =>
  new BinaryWriter().tag(valueTag, WireType.LengthDelimited).bytes(bytes).finish();

/** The bytes of a wrapped value; a message without the field wraps none. */
export const unwrap = (bytes: Uint8Array): Uint8Array => readFields(bytes).get(valueTag) ?? new Uint8Array();

/** The bytes of an `Any`, whatever code was generated for it. */
export const encodeAny = (typeUrl: string, value: Uint8Array): Uint8Array =>
  new BinaryWriter()
    .tag(1, WireType.LengthDelimited)
    .string(typeUrl)
    .tag(2, WireType.LengthDelimited)
    .bytes(value)
    .finish();

export const decodeAny = (bytes: Uint8Array): { readonly typeUrl: string; readonly value: Uint8Array } => {
  const fields = readFields(bytes);
  return { typeUrl: new TextDecoder().decode(fields.get(1)), value: fields.get(2) ?? new Uint8Array() };
};

const readFields = (bytes: Uint8Array): ReadonlyMap<number, Uint8Array> => {
  const reader = new BinaryReader(bytes);
  const fields = new Map<number, Uint8Array>();
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (wireType === WireType.LengthDelimited) fields.set(field, reader.bytes());
    else reader.skip(wireType, field);
  }
  return fields;
};

/** The text of some bytes. Throws on a charset that is not known, and on bytes that are not of it. */
export const decodeText = (bytes: Uint8Array, charset = "utf-8"): string =>
  new TextDecoder(charset, { fatal: true }).decode(bytes);

/** Reads JSON as protobuf's own mapping says; fields it does not know are passed over, as in the binary form. */
export const decodeJson = (type: MessageType, json: string): Message =>
  decodeMessage(type, toBinary(type.schema, fromJsonString(type.schema, json, { ignoreUnknownFields: true })));

/** Prints a message as JSON in the form of REST: fields as they are named in the proto file, those with defaults too. */
export const encodeJson = ({ schema }: Pick<MessageType, "schema">, bytes: Uint8Array): Uint8Array =>
  Buffer.from(toJsonString(schema, fromBinary(schema, bytes), { useProtoFieldName: true, alwaysEmitImplicit: true }));
