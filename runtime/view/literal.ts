import { type DescEnum, ScalarType } from "@bufbuild/protobuf";
import type { LiteralNode } from "./ast.ts";
import { describeType, type FieldType, integerRange, isTimestamp } from "./field-type.ts";
import type { Value } from "./plan.ts";
import type { Problem } from "./problem.ts";
import { closest } from "./suggest.ts";
import { parseTimestamp, timestampText } from "./timestamp.ts";

export type LiteralOutcome =
  | { readonly kind: "value"; readonly value: Value }
  | { readonly kind: "problem"; readonly problem: Problem };

/** What a literal is worth beside a column, or in a field, of this type. */
export const literalAs = (literal: LiteralNode, type: FieldType): LiteralOutcome => {
  const value = (worth: Value): LiteralOutcome => ({ kind: "value", value: worth });
  const mismatch = (remedy: string): LiteralOutcome => ({
    kind: "problem",
    problem: {
      code: "TYPE_MISMATCH",
      text: `${describeLiteral(literal)} is no value of type ${describeType(type)}`,
      remedy,
      offset: literal.offset,
    },
  });

  if (isTimestamp(type)) {
    const timestamp = literal.kind === "string" ? parseTimestamp(literal.text) : undefined;
    const text = timestamp && timestampText(timestamp);
    return text === undefined ? mismatch("write the time as '2024-05-17T08:30:00Z', years 1 to 9999") : value(text);
  }
  if (type.kind === "enum") {
    if (literal.kind !== "string") return mismatch("write the name of an enum value, in quotes");
    const name = storedName(type.desc, literal.text);
    return name === undefined ? unknownValue(literal, type.desc) : value(name);
  }
  if (type.kind !== "scalar") return mismatch("a value of this type cannot be written in a query");

  const range = integerRange(type.scalar);
  if (range !== undefined) {
    if (literal.kind !== "integer") return mismatch("write a whole number");
    const number = BigInt(literal.text);
    return number < range.least || number > range.most
      ? mismatch(`write a number from ${range.least} to ${range.most}`)
      : value(number);
  }
  switch (type.scalar) {
    case ScalarType.STRING:
      if (literal.kind !== "string") return mismatch("write it as text, in single quotes");
      return literal.text.includes("\0") ? mismatch("strings cannot hold NUL") : value(literal.text);
    case ScalarType.BOOL:
      return literal.kind === "boolean" ? value(literal.value) : mismatch("write true or false");
    case ScalarType.FLOAT:
    case ScalarType.DOUBLE: {
      if (literal.kind !== "integer" && literal.kind !== "decimal") return mismatch("write a number");
      // A fraction is taken for the nearest number there is; a whole number must be one.
      // 0.1 as float is another number than 0.1 as double; a float column only ever equals the first.
      const number = type.scalar === ScalarType.FLOAT ? Math.fround(Number(literal.text)) : Number(literal.text);
      const isHeld = Number.isFinite(number) && (literal.kind === "decimal" || BigInt(number) === BigInt(literal.text));
      return isHeld ? value(number) : mismatch("write a number the type can hold");
    }
    default:
      return mismatch("bytes cannot be written in a query; use a :parameter");
  }
};

/** Of several names of one number rows hold the first, as the generated code reads it. */
const storedName = ({ values }: DescEnum, name: string): string | undefined => {
  const named = values.find((each) => each.name === name);
  return named && values.find(({ number }) => number === named.number)?.name;
};

const unknownValue = (literal: LiteralNode & { kind: "string" }, { typeName, values }: DescEnum): LiteralOutcome => {
  const names = values.map(({ name }) => name);
  const near = closest(literal.text, names);
  return {
    kind: "problem",
    problem: {
      code: "UNKNOWN_ENUM_VALUE",
      text: `enum ${typeName} has no value '${literal.text}'`,
      remedy: near === undefined ? `write one of '${names.join("', '")}'` : `did you mean '${near}'?`,
      offset: literal.offset,
    },
  };
};

const describeLiteral = (literal: LiteralNode): string => {
  switch (literal.kind) {
    case "string":
      return `'${literal.text.replaceAll("'", "''")}'`;
    case "boolean":
      return String(literal.value);
    default:
      return literal.text;
  }
};
