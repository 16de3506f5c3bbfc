import { encodeMessage, type Message } from "../codec.ts";
import { MeshError } from "../errors.ts";
import type { MessageType } from "../ports.ts";
import { protobufMedia, readContentType } from "./content-type.ts";
import { decodeAny, encodeJson, isJsonUrl, unwrap } from "./payload.ts";
import { anyType, bytesType, stringType } from "./taker.ts";

/** What is published of a message. */
export type Payload = { readonly type: string; readonly contentType: string; readonly value: Uint8Array };

const jsonMedia = "application/json";
const textMedia = "text/plain; charset=utf-8";
const bytesMedia = "application/octet-stream";

const isPrimitiveUrl = /^(type\.kalix\.io|p\.akkaserverless\.com|p\.cloudstate\.io)\/(string|bytes)$/;

/**
 * A message as protobuf, but text and bytes as they are, and what an `Any` holds as what it is. `wish` is the content
 * type that the handler asks for: another name of the same format, or JSON for a message. Throws INVALID_RECORD for an
 * `Any` that holds nothing, and for a wish that cannot be met.
 */
export const payloadOf = (type: MessageType, message: Message, wish?: string): Payload => {
  const bytes = encodeMessage(type, message);
  const payload = naturally(type, bytes);
  return wish === undefined ? payload : wished(type, bytes, payload, wish);
};

const naturally = (type: MessageType, bytes: Uint8Array): Payload => {
  switch (type.name) {
    case stringType:
      return { type: type.name, contentType: textMedia, value: unwrap(bytes) };
    case bytesType:
      return { type: type.name, contentType: bytesMedia, value: unwrap(bytes) };
    case anyType:
      return payloadOfAny(bytes);
    default:
      return { type: type.name, contentType: protobufMedia, value: bytes };
  }
};

const wished = (type: MessageType, bytes: Uint8Array, payload: Payload, wish: string): Payload => {
  const { format, charset = "utf-8" } = readContentType(wish);
  const natural = readContentType(payload.contentType).format;
  const isUtf8 = charset.toLowerCase() === "utf-8";
  if (format === natural && isUtf8) return natural === "protobuf" ? payload : { ...payload, contentType: wish };
  // The message of an Any is known to nobody here.
  if (format === "json" && natural === "protobuf" && type.name !== anyType && isUtf8) {
    return { ...payload, contentType: wish, value: encodeJson(type, bytes) };
  }
  throw new MeshError(
    "INVALID_RECORD",
    `a ${type.name} cannot be published as "${wish}"; leave content-type out, or reply with ${stringType}, ${bytesType} or JSON in ${anyType}`,
  );
};

const payloadOfAny = (bytes: Uint8Array): Payload => {
  const { typeUrl, value } = decodeAny(bytes);
  const name = typeUrl.slice(typeUrl.lastIndexOf("/") + 1);
  if (name === "") {
    const text = `an Any with the type URL "${typeUrl}" does not tell what it holds, so it cannot be published`;
    throw new MeshError("INVALID_RECORD", `${text}; set type_url`);
  }
  if (isJsonUrl.test(typeUrl)) return { type: name, contentType: jsonMedia, value: unwrap(value) };
  const primitive = isPrimitiveUrl.exec(typeUrl)?.[2];
  if (primitive === "string" || name === stringType) {
    return { type: stringType, contentType: textMedia, value: unwrap(value) };
  }
  if (primitive === "bytes" || name === bytesType) {
    return { type: bytesType, contentType: bytesMedia, value: unwrap(value) };
  }
  return { type: name, contentType: protobufMedia, value };
};
