import { type DescField, ScalarType } from "@bufbuild/protobuf";
import { isKeyField } from "../annotations.ts";
import { mistake } from "../codes.ts";
import type { Rule } from "../declared.ts";

const refused: ReadonlySet<ScalarType> = new Set([
  ScalarType.DOUBLE,
  ScalarType.FLOAT,
  ScalarType.BOOL,
  ScalarType.BYTES,
]);

/** What a field is, when it cannot be part of a key. */
const unfit = (field: DescField): string | undefined => {
  switch (field.fieldKind) {
    case "list":
      return "a repeated field";
    case "map":
      return "a map";
    case "message":
      return "a message";
    case "enum":
      return "an enum";
    case "scalar":
      if (field.oneof !== undefined) return "a member of a oneof";
      return refused.has(field.scalar) ? `a ${ScalarType[field.scalar].toLowerCase()}` : undefined;
  }
};

/** A key field is one string or one integer: only those have one spelling as text. */
export const keyFieldsRule: Rule = ({ fields }) =>
  fields.flatMap(({ desc, options, at, title }) => {
    const what = isKeyField(options) ? unfit(desc) : undefined;
    return what === undefined
      ? []
      : [
          mistake(
            "KEY_FIELD_TYPE",
            at(),
            `key ${title} is ${what}, and a key is made of strings and integers.`,
            "Make it a string or an integer, or take entity_key away.",
          ),
        ];
  });
