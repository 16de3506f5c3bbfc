import { type DescEnum, type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { isWrapperDesc } from "@bufbuild/protobuf/wkt";
import type { ColumnType } from "./plan.ts";

/** The type of what stands at the end of a path. A wrapper is its value, which may be absent. */
export type FieldType =
  | { readonly kind: "scalar"; readonly scalar: ScalarType }
  | { readonly kind: "enum"; readonly desc: DescEnum }
  | { readonly kind: "message"; readonly desc: DescMessage }
  | { readonly kind: "list"; readonly element: FieldType }
  | { readonly kind: "map"; readonly key: ScalarType; readonly value: FieldType };

export const fieldTypeOf = (field: DescField): FieldType => {
  switch (field.fieldKind) {
    case "scalar":
      return { kind: "scalar", scalar: field.scalar };
    case "enum":
      return { kind: "enum", desc: field.enum };
    case "message":
      return messageType(field.message);
    case "list":
      return { kind: "list", element: elementType(field.listKind, field) };
    case "map":
      return { kind: "map", key: field.mapKey, value: elementType(field.mapKind, field) };
  }
};

const elementType = (
  kind: "scalar" | "enum" | "message",
  field: {
    readonly scalar: ScalarType | undefined;
    readonly enum: DescEnum | undefined;
    readonly message: DescMessage | undefined;
  },
): FieldType => {
  if (kind === "enum" && field.enum !== undefined) return { kind, desc: field.enum };
  if (kind === "message" && field.message !== undefined) return messageType(field.message);
  return { kind: "scalar", scalar: field.scalar ?? ScalarType.BYTES };
};

const messageType = (desc: DescMessage): FieldType =>
  isWrapperDesc(desc) ? { kind: "scalar", scalar: desc.fields[0].scalar } : { kind: "message", desc };

/** Can values of the two be set against each other? Any integers that stores hold can, else one must fit the other. */
export const areComparable = (a: FieldType, b: FieldType): boolean =>
  (columnTypeOf(a) === "integer" && columnTypeOf(b) === "integer") || fits(a, b) || fits(b, a);

/** Can a value of the one type stand in a field of the other? Integers widen, nothing else converts. */
export const fits = (from: FieldType, into: FieldType): boolean => {
  switch (from.kind) {
    case "scalar":
      return into.kind === "scalar" && (from.scalar === into.scalar || widens(from.scalar, into.scalar));
    case "enum":
    case "message":
      return into.kind === from.kind && into.desc.typeName === from.desc.typeName;
    case "list":
      return into.kind === "list" && isSame(from.element, into.element);
    case "map":
      return into.kind === "map" && from.key === into.key && isSame(from.value, into.value);
  }
};

const isSame = (a: FieldType, b: FieldType): boolean => fits(a, b) && fits(b, a);

const widens = (from: ScalarType, into: ScalarType): boolean => {
  const inner = integerRange(from);
  const outer = integerRange(into);
  return inner !== undefined && outer !== undefined && outer.least <= inner.least && inner.most <= outer.most;
};

type Range = { readonly least: bigint; readonly most: bigint };

/** What an integer type can hold; `undefined` for other types. */
export const integerRange = (scalar: ScalarType): Range | undefined => {
  switch (scalar) {
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return { least: -(2n ** 31n), most: 2n ** 31n - 1n };
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return { least: 0n, most: 2n ** 32n - 1n };
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return { least: -(2n ** 63n), most: 2n ** 63n - 1n };
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return { least: 0n, most: 2n ** 64n - 1n };
    default:
      return undefined;
  }
};

export const isUint64 = (type: FieldType): boolean =>
  type.kind === "scalar" && (type.scalar === ScalarType.UINT64 || type.scalar === ScalarType.FIXED64);

export const isTimestamp = (type: FieldType): boolean =>
  type.kind === "message" && type.desc.typeName === "google.protobuf.Timestamp";

/** How a column of this type is stored and compared; `undefined` when it cannot be. */
export const columnTypeOf = (type: FieldType): ColumnType | undefined => {
  if (isTimestamp(type)) return "timestamp";
  if (type.kind === "enum") return "enum";
  if (type.kind !== "scalar" || isUint64(type)) return undefined;
  switch (type.scalar) {
    case ScalarType.STRING:
      return "string";
    case ScalarType.BOOL:
      return "bool";
    case ScalarType.BYTES:
      return "bytes";
    case ScalarType.FLOAT:
      return "float";
    case ScalarType.DOUBLE:
      return "double";
    default:
      return "integer";
  }
};

/** The type as a proto file spells it. */
export const describeType = (type: FieldType): string => {
  switch (type.kind) {
    case "scalar":
      return ScalarType[type.scalar].toLowerCase();
    case "enum":
    case "message":
      return type.desc.typeName;
    case "list":
      return `repeated ${describeType(type.element)}`;
    case "map":
      return `map<${ScalarType[type.key].toLowerCase()}, ${describeType(type.value)}>`;
  }
};
