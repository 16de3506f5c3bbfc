import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { BSON } from "mongodb";
import type { Message } from "../../codec.ts";
import { documentCodec, readTimestamp, type StoredMessage } from "./document.ts";
import { escapeKey, setOwn, unescapeKey } from "./document-keys.ts";
import { scalarDefault } from "./document-values.ts";

/** Reads a document of the form `{ _id, row }` from BSON. */
export type RowReader = (bytes: Uint8Array) => { readonly key: string; readonly row: Message };

/** Where reading is. BSON: `length (type name 0 value)* 0`, all numbers little-endian. */
type Cursor = { readonly bytes: Buffer; at: number };
type Target = Record<string, unknown>;
/** Reads a value, of which only the type has been read. */
type ReadValue = (cursor: Cursor, type: number) => unknown;
type FieldReader = {
  /** With the 0 that ends it. */
  readonly key: Buffer;
  readonly read: ReadValue;
  readonly name: string;
  /** Of a member of a oneof. */
  readonly oneof: string | undefined;
  /** Of a field that is never absent. */
  readonly blank: (() => unknown) | undefined;
};

const bsonType = { double: 1, text: 2, document: 3, list: 4, binary: 5, bool: 8, int32: 16, int64: 18 } as const;

/** Thrown where a document is not of the one form in which nearly all are; the driver then reads it. */
const uncommon = new Error("an uncommon document");

/**
 * The reader of a row type, straight from bytes: through the driver's documents every row would be built twice.
 * It takes only what `toDocument` writes most, and leaves any other document to the driver and `toMessage`.
 */
export const rowReader = (schema: DescMessage): RowReader => {
  const readRow = messageReader(schema);
  const { toMessage } = documentCodec(schema);
  return (bytes) => {
    try {
      const cursor = { bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), at: 4 };
      if (!skipIfNext(cursor, idElement)) throw uncommon;
      const key = readText(cursor, bsonType.text);
      if (!skipIfNext(cursor, rowElement)) throw uncommon;
      return { key, row: readRow(cursor, bsonType.document) as Message };
    } catch (error) {
      if (error !== uncommon) throw error;
      const document = BSON.deserialize(bytes, { useBigInt64: true });
      return { key: String(document._id), row: toMessage((document.row ?? {}) as StoredMessage) };
    }
  };
};

const idElement = Buffer.from("\u0002_id\0");
const rowElement = Buffer.from("\u0003row\0");

const skipIfNext = (cursor: Cursor, expected: Buffer): boolean => {
  const { bytes, at } = cursor;
  for (let i = 0; i < expected.length; i++) if (bytes[at + i] !== expected[i]) return false;
  cursor.at = at + expected.length;
  return true;
};

const messageReaders = new WeakMap<DescMessage, ReadValue>();

const messageReader = (schema: DescMessage): ReadValue => {
  const present = messageReaders.get(schema);
  if (present !== undefined) return present;
  const fields: FieldReader[] = [];
  const blank: Target = {};
  const reader = readerOf(fields, blank);
  messageReaders.set(schema, reader);
  for (const member of schema.members) blank[member.name] = undefined;
  blank._unknownFields = undefined;
  fields.push(
    ...schema.members.flatMap((member) => (member.kind === "oneof" ? member.fields : [member])).map(fieldReader),
  );
  return reader;
};

const readerOf = (fields: readonly FieldReader[], blank: Target): ReadValue => {
  /** Fields stand in the order of the type, so the next one is nearly always the one that is looked at first. */
  const indexOf = (cursor: Cursor, expected: number): number => {
    for (let i = expected; i < fields.length; i++) if (skipIfNext(cursor, (fields[i] as FieldReader).key)) return i;
    for (let i = 0; i < expected; i++) if (skipIfNext(cursor, (fields[i] as FieldReader).key)) return i;
    throw uncommon;
  };
  return (cursor, type) => {
    const end = enter(cursor, type, bsonType.document);
    const message = { ...blank };
    for (let next = 0; cursor.at < end; next++) {
      const valueType = cursor.bytes[cursor.at++] as number;
      next = indexOf(cursor, next);
      const { name, oneof, read } = fields[next] as FieldReader;
      const value = read(cursor, valueType);
      if (oneof === undefined) message[name] = value;
      else message[oneof] = { $case: name, value };
    }
    cursor.at = end + 1;
    for (const { name, blank } of fields) {
      if (blank !== undefined && message[name] === undefined) message[name] = blank();
    }
    message._unknownFields = {};
    return message;
  };
};

/** Goes into a document or list; gives the place of the 0 that ends it. */
const enter = (cursor: Cursor, type: number, expected: number): number => {
  if (type !== expected) throw uncommon;
  const end = cursor.at + cursor.bytes.readInt32LE(cursor.at) - 1;
  cursor.at += 4;
  return end;
};

const fieldReader = (field: DescField): FieldReader => ({
  key: Buffer.from(`${escapeKey(field.name)}\0`),
  name: field.name,
  oneof: field.oneof?.name,
  read: valueReader(field),
  blank: blankOf(field),
});

const implicitPresence = 2;

const blankOf = (field: DescField): FieldReader["blank"] => {
  if (field.fieldKind === "list") return () => [];
  if (field.fieldKind === "map") return isTextKeyed(field.mapKey) ? () => ({}) : () => new Map();
  if (field.presence !== implicitPresence) return undefined;
  if (field.fieldKind === "scalar") return scalarDefault(field.scalar);
  const first = field.enum?.values[0]?.name;
  return () => first;
};

const isTextKeyed = (type: ScalarType): boolean => type !== ScalarType.BOOL && scalarDefault(type)() !== 0n;

const valueReader = (field: DescField): ReadValue => {
  const read = elementReader(field);
  switch (field.fieldKind) {
    case "list":
      return listReader(read);
    case "map":
      return isTextKeyed(field.mapKey) ? mapReader(read) : leaveToDriver;
    default:
      return read;
  }
};

const leaveToDriver: ReadValue = () => {
  throw uncommon;
};

const elementReader = (field: DescField): ReadValue => {
  if (field.scalar !== undefined) return scalarReader(field.scalar);
  if (field.message === undefined) return readText;
  if (field.message.typeName === "google.protobuf.Timestamp") {
    return (cursor, type) => readTimestamp(readText(cursor, type));
  }
  // Most of these the generated code gives as something else than a message.
  return field.message.typeName.startsWith("google.protobuf.") ? leaveToDriver : messageReader(field.message);
};

const listReader =
  (read: ReadValue): ReadValue =>
  (cursor, type) => {
    const end = enter(cursor, type, bsonType.list);
    const list: unknown[] = [];
    while (cursor.at < end) {
      const valueType = cursor.bytes[cursor.at] as number;
      cursor.at = cursor.bytes.indexOf(0, cursor.at + 1) + 1;
      list.push(read(cursor, valueType));
    }
    cursor.at = end + 1;
    return list;
  };

const mapReader =
  (read: ReadValue): ReadValue =>
  (cursor, type) => {
    const end = enter(cursor, type, bsonType.document);
    const map = {};
    while (cursor.at < end) {
      const valueType = cursor.bytes[cursor.at] as number;
      const nameEnd = cursor.bytes.indexOf(0, cursor.at + 1);
      const key = unescapeKey(cursor.bytes.toString("utf8", cursor.at + 1, nameEnd));
      cursor.at = nameEnd + 1;
      setOwn(map, key, read(cursor, valueType));
    }
    cursor.at = end + 1;
    return map;
  };

const scalarReader = (scalar: ScalarType): ReadValue => {
  switch (scalar) {
    case ScalarType.STRING:
      return readText;
    case ScalarType.BYTES:
      return readBytes;
    case ScalarType.BOOL:
      return readBool;
    default:
      return scalarDefault(scalar)() === 0n ? readInteger : readNumber;
  }
};

const readText = (cursor: Cursor, type: number): string => {
  if (type !== bsonType.text) throw uncommon;
  const start = cursor.at + 4;
  const end = start + cursor.bytes.readInt32LE(cursor.at);
  cursor.at = end;
  return cursor.bytes.toString("utf8", start, end - 1);
};

const readBytes: ReadValue = (cursor, type) => {
  if (type !== bsonType.binary) throw uncommon;
  const start = cursor.at + 5;
  cursor.at = start + cursor.bytes.readInt32LE(cursor.at);
  return new Uint8Array(cursor.bytes.subarray(start, cursor.at));
};

const readBool: ReadValue = (cursor, type) => {
  if (type !== bsonType.bool) throw uncommon;
  return cursor.bytes[cursor.at++] === 1;
};

const readInteger: ReadValue = (cursor, type) => {
  if (type !== bsonType.int64) throw uncommon;
  cursor.at += 8;
  return cursor.bytes.readBigInt64LE(cursor.at - 8);
};

const readNumber: ReadValue = (cursor, type) => {
  if (type === bsonType.int32) {
    cursor.at += 4;
    return cursor.bytes.readInt32LE(cursor.at - 4);
  }
  if (type !== bsonType.double) throw uncommon;
  cursor.at += 8;
  return cursor.bytes.readDoubleLE(cursor.at - 8);
};
