import { ScalarType } from "@bufbuild/protobuf";
import { Binary, Decimal128, Double } from "mongodb";
import { escapeKey, setOwn, unescapeKey } from "./document-keys.ts";

/** How one value stands in a document. What is missing on a side is left as it is. */
export type ValueCodec = {
  readonly write?: (raw: never) => unknown;
  readonly read?: (stored: unknown) => unknown;
};

const asDouble = { write: (raw: number) => new Double(raw) };
// As the wire would make it: else 0.1 is another number here than after a reader of protobuf.
const asFloat = { write: (raw: number) => new Double(Math.fround(raw)) };
const asIs = {};

/** An integer within BSON's int64, or of Decimal128 beyond it, which compares with the others as a number. */
export const integerBson = (value: bigint): bigint | Decimal128 =>
  BigInt.asIntN(64, value) === value ? value : Decimal128.fromString(value.toString());

const asInteger = {
  write: integerBson,
  read: (stored: unknown) => (typeof stored === "bigint" ? stored : BigInt(String(stored))),
};

/** A copy: the driver's own would hold on to the whole reply it came in. */
const asBytes = {
  read: (stored: unknown) =>
    stored instanceof Binary ? new Uint8Array(stored.buffer.subarray(0, stored.position)) : stored,
};

/** Of a scalar of protobuf. */
export const scalarCodec = (type: ScalarType): ValueCodec => {
  switch (type) {
    case ScalarType.DOUBLE:
      return asDouble;
    case ScalarType.FLOAT:
      return asFloat;
    case ScalarType.INT64:
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
    case ScalarType.SINT64:
      return asInteger;
    case ScalarType.BYTES:
      return asBytes;
    default:
      return asIs;
  }
};

/** What an unset scalar is. */
export const scalarDefault = (type: ScalarType): (() => unknown) => {
  if (scalarCodec(type) === asInteger) return () => 0n;
  switch (type) {
    case ScalarType.BYTES:
      return () => new Uint8Array();
    case ScalarType.STRING:
      return () => "";
    case ScalarType.BOOL:
      return () => false;
    default:
      return () => 0;
  }
};

const writeJson = (raw: unknown): unknown => {
  if (typeof raw === "number") return new Double(raw);
  if (Array.isArray(raw)) return raw.map(writeJson);
  if (typeof raw !== "object" || raw === null) return raw;
  return Object.fromEntries(Object.entries(raw).map(([key, value]) => [escapeKey(key), writeJson(value)]));
};

const readJson = (stored: unknown): unknown => {
  if (Array.isArray(stored)) return stored.map(readJson);
  if (typeof stored !== "object" || stored === null) return stored;
  const object = {};
  for (const [key, value] of Object.entries(stored)) setOwn(object, unescapeKey(key), readJson(value));
  return object;
};

/** Of what the generated code gives as plain JSON: Struct, Value and ListValue. */
export const jsonCodec: ValueCodec = { write: writeJson, read: readJson };
