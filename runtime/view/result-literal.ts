import { type FieldType, integerRange, isTimestamp } from "./field-type.ts";
import type { Value } from "./plan.ts";
import { parseTimestamp } from "./timestamp.ts";

/** A checked literal as a field of the generated code holds it. */
export const literalField = (value: Value, type: FieldType): unknown => {
  if (isTimestamp(type)) return typeof value === "string" ? parseTimestamp(value) : undefined;
  if (type.kind !== "scalar" || typeof value !== "bigint") return value;
  const range = integerRange(type.scalar);
  return range !== undefined && range.most < 2n ** 33n ? Number(value) : value;
};
