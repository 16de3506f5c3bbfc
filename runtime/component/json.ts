import { isJsonUrl, jsonPrefix, unwrap, wrap } from "../eventing/payload.ts";

/** A `google.protobuf.Any` as handlers have it. */
export type AnyMessage = { type_url: string; value: Uint8Array };

/** JSON that a handler was given, with the event's type; `object` when the event named none. */
export type JsonEvent = { readonly type: string; readonly value: unknown };

/** JSON as the answer of a method that gives `google.protobuf.Any`; it is published as `application/json`. */
export const packJson = (type: string, value: unknown): AnyMessage => ({
  type_url: `${jsonPrefix}${type}`,
  value: wrap(Buffer.from(JSON.stringify(value))),
});

/** The JSON in an `Any`; `undefined` when it holds something else. Whether it is JSON was seen when it came. */
export const unpackJson = ({ type_url, value }: AnyMessage): JsonEvent | undefined =>
  isJsonUrl.test(type_url)
    ? { type: type_url.replace(isJsonUrl, ""), value: JSON.parse(Buffer.from(unwrap(value)).toString("utf8")) }
    : undefined;
