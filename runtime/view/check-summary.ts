import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import type { Item, ItemFunction } from "./ast.ts";
import type { Scope } from "./check-scope.ts";
import type { ResultSource } from "./checked.ts";
import { describeType, fieldTypeOf, integerRange } from "./field-type.ts";

/** A function over all rows into a field that can hold what it gives. */
export const summarySource = (
  item: Item & { readonly kind: "function" },
  field: DescField,
  scope: Scope,
  target: DescMessage,
): ResultSource | undefined => {
  const type = fieldTypeOf(field);
  const scalar = type.kind === "scalar" ? type.scalar : undefined;
  const most = scalar === undefined ? undefined : integerRange(scalar)?.most;
  const { name } = item;
  switch (name) {
    case "count":
    case "total_count":
      if (most !== undefined) return { kind: "summary", name, most };
      break;
    case "has_more":
      if (scalar === ScalarType.BOOL) return { kind: "summary", name, most: 0n };
      break;
    case "next_page_token":
      if (scalar === ScalarType.STRING) return { kind: "summary", name, most: 0n };
      break;
  }
  return scope.report(
    "RESULT_TYPE_MISMATCH",
    item,
    `${name}() is ${given[name]}, field "${field.name}" of ${target.typeName} is ${describeType(type)}`,
    `make the field ${given[name]}`,
  );
};

const given: Readonly<Record<ItemFunction, string>> = {
  count: "an int64",
  total_count: "an int64",
  has_more: "a bool",
  next_page_token: "a string",
};
