import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import type { Message } from "../../codec.ts";
import type { Step } from "../../view/plan.ts";
import { type Timestamp, timestampText } from "../../view/timestamp.ts";
import { escapeKey, setOwn, unescapeKey } from "./document-keys.ts";
import { jsonCodec, scalarCodec, scalarDefault, type ValueCodec } from "./document-values.ts";

/** A stored message: keys are the fields' names, escaped where they must be. */
export type StoredMessage = { readonly [key: string]: unknown };

/** Turns messages of one type into documents and back, without loss. */
export type DocumentCodec = {
  readonly toDocument: (message: Message) => StoredMessage;
  readonly toMessage: (document: StoredMessage) => Message;
};

type Target = Record<string, unknown>;
type FieldCodec = {
  readonly write: (message: StoredMessage, document: Target) => void;
  readonly read: (document: StoredMessage, message: Target) => void;
};

const codecs = new WeakMap<DescMessage, DocumentCodec>();

/** The codec of a message type; made once, so that no value is looked at with its description in hand. */
export const documentCodec = (schema: DescMessage): DocumentCodec => {
  const present = codecs.get(schema);
  if (present !== undefined) return present;
  // Registered before it is complete: a message may hold its own type.
  const fields: FieldCodec[] = [];
  const blank: Target = {};
  const codec = messageCodec(fields, blank);
  codecs.set(schema, codec);
  for (const member of schema.members) {
    blank[member.name] = undefined;
    fields.push(member.kind === "oneof" ? oneofCodec(member.name, member.fields) : fieldCodec(member));
  }
  blank._unknownFields = undefined;
  return codec;
};

/** Where a path of the row stands in its document. */
export const documentPath = (steps: readonly Step[]): string =>
  steps.map((step) => escapeKey(step.kind === "entry" ? step.key : step.name)).join(".");

const messageCodec = (fields: readonly FieldCodec[], blank: Target): DocumentCodec => ({
  toDocument(message) {
    const document: Target = {};
    for (const field of fields) field.write(message as StoredMessage, document);
    const unknown = (message as StoredMessage)._unknownFields;
    if (unknown !== undefined && Object.keys(unknown as object).length > 0) document._unknownFields = unknown;
    return document;
  },
  toMessage(document) {
    // A copy of one blank gives all messages of the type one shape.
    const message = { ...blank };
    for (const field of fields) field.read(document, message);
    message._unknownFields = document._unknownFields === undefined ? {} : readUnknown(document._unknownFields);
    return message;
  },
});

const readUnknown = (stored: unknown): Record<string, unknown[]> => {
  const { read = same } = scalarCodec(ScalarType.BYTES);
  return Object.fromEntries(
    Object.entries(stored as Record<string, unknown[]>).map(([tag, values]) => [tag, values.map(read)]),
  );
};

const same = (value: unknown): unknown => value;

const fieldCodec = (field: DescField): FieldCodec => {
  switch (field.fieldKind) {
    case "list":
      return valueField(field.name, listCodec(elementCodec(field)), () => []);
    case "map":
      return mapField(field);
    case "scalar":
      return field.presence === implicitPresence
        ? valueField(field.name, scalarCodec(field.scalar), scalarDefault(field.scalar))
        : optionalField(field.name, scalarCodec(field.scalar));
    case "enum": {
      const first = field.enum.values[0]?.name;
      return field.presence === implicitPresence
        ? valueField(field.name, {}, () => first)
        : optionalField(field.name, {});
    }
    case "message":
      return optionalField(field.name, elementCodec(field));
  }
};

/** FeatureSet.FieldPresence.IMPLICIT: unset and default are one. */
const implicitPresence = 2;

const valueField = (name: string, codec: ValueCodec, blank: () => unknown): FieldCodec => {
  const key = escapeKey(name);
  const { write, read } = functionsOf(codec);
  if (codec.read === undefined && codec.write === undefined) return plainField(name, key, blank());
  return {
    write(message, document) {
      const raw = message[name];
      // A message made by hand may leave a field out; the wire takes that for its default.
      document[key] = write(raw === undefined ? blank() : raw);
    },
    read(document, message) {
      const stored = document[key];
      message[name] = stored === undefined ? blank() : read(stored);
    },
  };
};

/** Most fields are text, flags and small numbers, which are the same on both sides. */
const plainField = (name: string, key: string, blank: unknown): FieldCodec => ({
  write(message, document) {
    document[key] = message[name] ?? blank;
  },
  read(document, message) {
    message[name] = document[key] ?? blank;
  },
});

const optionalField = (name: string, codec: ValueCodec): FieldCodec => {
  const key = escapeKey(name);
  const { write, read } = functionsOf(codec);
  return {
    write(message, document) {
      const raw = message[name];
      if (raw !== undefined) document[key] = write(raw);
    },
    read(document, message) {
      const stored = document[key];
      if (stored !== undefined) message[name] = read(stored);
    },
  };
};

/** The members stand as plain fields, of which at most one is there. */
const oneofCodec = (name: string, members: readonly DescField[]): FieldCodec => {
  const codecs = members.map((field) => ({
    $case: field.name,
    key: escapeKey(field.name),
    ...functionsOf(elementCodec(field)),
  }));
  const byCase = new Map(codecs.map((codec) => [codec.$case, codec]));
  return {
    write(message, document) {
      const chosen = message[name] as { $case: string; value: unknown } | undefined;
      const codec = chosen && byCase.get(chosen.$case);
      if (codec !== undefined && chosen?.value !== undefined) document[codec.key] = codec.write(chosen.value);
    },
    read(document, message) {
      for (const { $case, key, read } of codecs) {
        const stored = document[key];
        if (stored !== undefined) message[name] = { $case, value: read(stored) };
      }
    },
  };
};

const functionsOf = (codec: ValueCodec) => ({
  // The description says what a field holds; there is no type for it here.
  write: (codec.write ?? same) as (raw: unknown) => unknown,
  read: codec.read ?? same,
});

const listCodec = (codec: ValueCodec): ValueCodec => {
  const { write, read } = functionsOf(codec);
  return {
    write: (raw: readonly unknown[]) => raw.map(write),
    read: (stored) => (stored as unknown[]).map(read),
  };
};

/** A single value of the field: itself, an element of its list, or a value of its map. */
const elementCodec = (field: DescField): ValueCodec => {
  if (field.scalar !== undefined) return scalarCodec(field.scalar);
  return field.message === undefined ? {} : valueOfMessage(field.message);
};

/** Messages, among them those that the generated code gives as something else. */
const valueOfMessage = (schema: DescMessage): ValueCodec => {
  const wrapped = schema.typeName.startsWith("google.protobuf.") && schema.typeName.endsWith("Value");
  switch (schema.typeName) {
    case "google.protobuf.Timestamp":
      return timestampCodec(schema);
    case "google.protobuf.FieldMask":
      return {};
    case "google.protobuf.Struct":
    case "google.protobuf.Value":
    case "google.protobuf.ListValue":
      return jsonCodec;
    default: {
      const inner = wrapped ? schema.fields.find((field) => field.name === "value")?.scalar : undefined;
      if (inner !== undefined) return scalarCodec(inner);
      const { toDocument, toMessage } = documentCodec(schema);
      return { write: toDocument, read: (stored) => toMessage(stored as StoredMessage) };
    }
  }
};

/** Text that sorts as time does; a document for what has no such text, outside of the years 1 to 9999. */
const timestampCodec = (schema: DescMessage): ValueCodec => {
  const { toDocument, toMessage } = documentCodec(schema);
  return {
    write: (raw: Timestamp) => timestampText(raw) ?? toDocument(raw),
    read: (stored) => (typeof stored === "string" ? readTimestamp(stored) : toMessage(stored as StoredMessage)),
  };
};

/** The time of a stored text, which needs no checks. */
export const readTimestamp = (text: string): Message => ({
  seconds: BigInt(Date.parse(`${text.slice(0, 19)}Z`) / 1000),
  nanos: Number(text.slice(20, 29)),
  _unknownFields: {},
});

const mapField = (field: DescField & { fieldKind: "map" }): FieldCodec => {
  const { write, read } = functionsOf(elementCodec(field));
  const parseKey = mapKeyParser(field.mapKey);
  const entries: ValueCodec = {
    write: (raw: object | ReadonlyMap<unknown, unknown>) => {
      const document: Target = {};
      for (const [key, value] of raw instanceof Map ? raw : Object.entries(raw)) {
        if (value !== undefined) document[escapeKey(String(key))] = write(value);
      }
      return document;
    },
    read: (stored) => {
      const keys = Object.keys(stored as Target);
      if (parseKey !== undefined) {
        return new Map(keys.map((key) => [parseKey(key), read((stored as Target)[key])]));
      }
      const map = {};
      for (const key of keys) setOwn(map, unescapeKey(key), read((stored as Target)[key]));
      return map;
    },
  };
  return valueField(field.name, entries, () => (parseKey === undefined ? {} : new Map()));
};

/** The generated code has a Map where keys are of a type that no property name is. */
const mapKeyParser = (type: ScalarType): ((key: string) => unknown) | undefined => {
  if (type === ScalarType.BOOL) return (key) => key === "true";
  return scalarDefault(type)() === 0n ? BigInt : undefined;
};
