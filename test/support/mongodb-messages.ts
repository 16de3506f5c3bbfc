import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import fc from "fast-check";

/** Text with everything that might have a meaning to a store. */
export const awkwardText = fc.oneof(
  fc.constantFrom("", "$", "$where", "a.b", ".", "%", "%2E", "__proto__", "constructor", "toBSON", "_bsontype", "\0"),
  fc.string({ unit: "grapheme", maxLength: 6 }),
);

const int64 = fc.oneof(fc.constantFrom(0n, -(2n ** 63n), 2n ** 63n - 1n), fc.bigInt({ min: -9n, max: 9n }));
const uint64 = fc.oneof(fc.constantFrom(2n ** 64n - 1n, 2n ** 63n), fc.bigInt({ min: 0n, max: 9n }));
const bytes = fc.uint8Array({ maxLength: 4 }).map((array) => new Uint8Array(array));

const scalar = (type: ScalarType): fc.Arbitrary<unknown> => {
  switch (type) {
    case ScalarType.DOUBLE:
      return fc.double();
    case ScalarType.FLOAT:
      return fc.float();
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return int64;
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return uint64;
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return fc.integer({ min: 0, max: 2 ** 32 - 1 });
    case ScalarType.BOOL:
      return fc.boolean();
    case ScalarType.STRING:
      return awkwardText;
    case ScalarType.BYTES:
      return bytes;
    default:
      return fc.integer();
  }
};

const json = fc.dictionary(awkwardText, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 });

const messageValue = (schema: DescMessage, depth: number): fc.Arbitrary<unknown> => {
  const short = schema.typeName.replace(/^google\.protobuf\./, "");
  switch (short) {
    case "Timestamp":
      return fc.record({
        seconds: fc.oneof(fc.bigInt({ min: -62_135_596_800n, max: 253_402_300_799n }), int64),
        nanos: fc.integer({ min: 0, max: 999_999_999 }),
      });
    case "Struct":
      return json;
    case "Value":
      return fc.oneof(json, fc.constant(null), fc.double({ noNaN: true }), awkwardText);
    case "ListValue":
      return fc.array(json, { maxLength: 2 });
    case "FieldMask":
      return fc.array(fc.constantFrom("a", "b.c"), { maxLength: 2 });
    default: {
      const [value] = schema.fields;
      if (short.endsWith("Value") && value?.scalar !== undefined) return scalar(value.scalar);
      return messageOf(schema, depth - 1);
    }
  }
};

const element = (field: DescField, depth: number): fc.Arbitrary<unknown> => {
  if (field.scalar !== undefined) return scalar(field.scalar);
  if (field.enum !== undefined) return fc.constantFrom(...field.enum.values.map(({ name }) => name));
  return messageValue(field.message as DescMessage, depth);
};

const fieldValue = (field: DescField, depth: number): fc.Arbitrary<unknown> => {
  const one = element(field, depth);
  if (field.fieldKind === "list") return fc.array(one, { maxLength: 3 });
  if (field.fieldKind !== "map") return one;
  const key = scalar(field.mapKey);
  const isMap = [ScalarType.BOOL, ScalarType.INT64, ScalarType.UINT64].includes(field.mapKey);
  return fc
    .array(fc.tuple(key, one), { maxLength: 3 })
    .map((entries) => (isMap ? new Map(entries) : Object.fromEntries(entries)));
};

/** Any message of a type, in the spelling of the generated code, for its `fromPartial`. */
export const messageOf = (schema: DescMessage, depth: number): fc.Arbitrary<object> => {
  const isWithin = (field: DescField): boolean => depth > 0 || field.message === undefined;
  const members: Record<string, fc.Arbitrary<unknown>> = {};
  for (const member of schema.members) {
    if (member.kind !== "oneof") {
      if (isWithin(member)) members[member.name] = fieldValue(member, depth);
      continue;
    }
    const cases = member.fields
      .filter(isWithin)
      .map((field) => fc.record({ $case: fc.constant(field.name), value: element(field, depth) }));
    members[member.name] = fc.oneof(...cases);
  }
  return fc.record(members, { requiredKeys: [] });
};
