import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import { decodeMessage, encodeMessage, type MessageFns } from "../../codec.ts";
import { bytesOfKey, keyOfBytes } from "./tree-codec.ts";

/** The proto scalars, and what stands for each in TypeScript. */
export type ScalarTypes = {
  double: number;
  float: number;
  int32: number;
  int64: bigint;
  uint32: number;
  uint64: bigint;
  sint32: number;
  sint64: bigint;
  fixed32: number;
  fixed64: bigint;
  sfixed32: number;
  sfixed64: bigint;
  bool: boolean;
  string: string;
  bytes: Uint8Array;
};

/** The type of a value, key or element: a generated message type, or the name of a proto scalar. */
export type ElementType = MessageFns | keyof ScalarTypes;

export type ElementOf<E extends ElementType> = E extends keyof ScalarTypes
  ? ScalarTypes[E]
  : E extends MessageFns
    ? ReturnType<E["decode"]>
    : never;

/** A value in bytes. Two values are equal when their bytes are. */
export type Element<T> = {
  toBytes(value: T): Uint8Array;
  fromBytes(bytes: Uint8Array): T;
  toKey(value: T): string;
  fromKey(key: string): T;
};

type Scalars = {
  readonly [S in keyof ScalarTypes]: {
    readonly write: (value: ScalarTypes[S]) => Uint8Array;
    readonly read: (bytes: Uint8Array) => ScalarTypes[S];
  };
};

const written = (write: (writer: BinaryWriter) => BinaryWriter): Uint8Array => write(new BinaryWriter()).finish();
const reader = (bytes: Uint8Array): BinaryReader => new BinaryReader(bytes);
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const scalars: Scalars = {
  double: { write: (value) => written((w) => w.double(value)), read: (bytes) => reader(bytes).double() },
  float: { write: (value) => written((w) => w.float(value)), read: (bytes) => reader(bytes).float() },
  int32: { write: (value) => written((w) => w.int32(value)), read: (bytes) => reader(bytes).int32() },
  int64: { write: (value) => written((w) => w.int64(value)), read: (bytes) => BigInt(reader(bytes).int64()) },
  uint32: { write: (value) => written((w) => w.uint32(value)), read: (bytes) => reader(bytes).uint32() },
  uint64: { write: (value) => written((w) => w.uint64(value)), read: (bytes) => BigInt(reader(bytes).uint64()) },
  sint32: { write: (value) => written((w) => w.sint32(value)), read: (bytes) => reader(bytes).sint32() },
  sint64: { write: (value) => written((w) => w.sint64(value)), read: (bytes) => BigInt(reader(bytes).sint64()) },
  fixed32: { write: (value) => written((w) => w.fixed32(value)), read: (bytes) => reader(bytes).fixed32() },
  fixed64: { write: (value) => written((w) => w.fixed64(value)), read: (bytes) => BigInt(reader(bytes).fixed64()) },
  sfixed32: { write: (value) => written((w) => w.sfixed32(value)), read: (bytes) => reader(bytes).sfixed32() },
  sfixed64: { write: (value) => written((w) => w.sfixed64(value)), read: (bytes) => BigInt(reader(bytes).sfixed64()) },
  bool: { write: (value) => written((w) => w.bool(value)), read: (bytes) => reader(bytes).bool() },
  string: { write: (value) => new TextEncoder().encode(value), read: (bytes) => utf8.decode(bytes) },
  bytes: { write: (value) => value, read: (bytes) => Uint8Array.from(bytes) },
};

const keyed = <T>(toBytes: (value: T) => Uint8Array, fromBytes: (bytes: Uint8Array) => T): Element<T> => ({
  toBytes,
  fromBytes,
  toKey: (value) => keyOfBytes(toBytes(value)),
  fromKey: (key) => fromBytes(bytesOfKey(key)),
});

const codecOf = (type: ElementType): Element<never> => {
  if (typeof type === "string") return keyed<never>(scalars[type].write, scalars[type].read as () => never);
  return keyed<never>(
    (value) => encodeMessage(type, value),
    (bytes) => decodeMessage(type, bytes) as never,
  );
};

/** How values of a type are written. The compiler cannot follow a type from its name to its codec. */
export const elementOf = <E extends ElementType>(type: E): Element<ElementOf<E>> => codecOf(type);
