import type { ReceivedEnvelope } from "./envelope.ts";

export const anyType = "google.protobuf.Any";
export const stringType = "google.protobuf.StringValue";
export const bytesType = "google.protobuf.BytesValue";

/** The message type that a record names, under our name for it. */
export const namedType = (type: string | undefined, accepts: ReadonlyMap<string, string>): string | undefined =>
  type === undefined ? undefined : (accepts.get(type) ?? type);

/**
 * The types that a method may take a record as, the first that some method takes being the one. JSON goes to
 * `google.protobuf.Any` where a method takes that, else it is read as the message it names. A record without a content
 * type is bytes; where no method takes bytes, it is the protobuf message it names.
 */
export const takersOf = ({ content }: ReceivedEnvelope, named: string | undefined): readonly string[] => {
  const ofName = named === undefined ? [] : [named];
  switch (content.format) {
    case "protobuf":
      // Without a name nobody could tell what an Any holds.
      return named === undefined ? [] : [named, anyType];
    case "json":
      return [anyType, ...ofName];
    case "text":
      return [stringType, anyType];
    case "bytes":
      return content.media === "" ? [bytesType, ...ofName, anyType] : [bytesType, anyType];
  }
};
