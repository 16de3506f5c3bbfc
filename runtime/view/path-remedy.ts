import { ScalarType } from "@bufbuild/protobuf";
import { columnTypeOf, describeType, type FieldType, isUint64 } from "./field-type.ts";
import { isOpaque, type PathOutcome } from "./paths.ts";

type Missing = PathOutcome & { readonly kind: "missing" };
type Fault = { readonly text: string; readonly remedy: string; readonly suggestion: string | undefined };

/** Why a path ends before its last name. `sign` is what stands before the path: `:` of a parameter. */
export const faultOf = ({ name, at, from, suggestion }: Missing, sign: "" | ":"): Fault => {
  if (from.kind === "message" && !isOpaque(from.desc)) {
    const { typeName } = from.desc;
    const isRequest = sign === ":" && at === "";
    return {
      text: `${isRequest ? "the request " : ""}${typeName} has no field "${name.text}"`,
      remedy: sign === ":" ? `add the field to ${typeName}, or name one it has` : `name a field of ${typeName}`,
      suggestion,
    };
  }
  const isValue = from.kind === "scalar" || from.kind === "enum";
  return {
    text: `no path leads into "${at}", which is ${describeType(from)}`,
    remedy: isValue ? `name \`${sign}${at}\` alone` : insideRemedy(from, sign + at),
    suggestion: isValue ? suggestion : undefined,
  };
};

/** How a query may ask for a part of what cannot be compared as a whole. */
export const insideRemedy = (type: FieldType, path: string): string => {
  switch (type.kind) {
    case "list":
      return isElement(type.element) ? `ask for one of its elements with \`= ANY(${path})\`` : elementRemedy;
    case "map":
      return type.key === ScalarType.STRING
        ? `name one of its keys, as in \`${path}.key\``
        : "only maps with string keys can be entered: make it one";
    case "message":
      if (isOpaque(type.desc)) return "keep what queries read in a field beside it";
      return "name a scalar, enum or Timestamp field inside it";
    case "scalar":
    case "enum":
      return "name another";
  }
};

/** Can queries ask whether a list holds such an element? A uint64 has a mistake of its own. */
export const isElement = (type: FieldType): boolean => columnTypeOf(type) !== undefined || isUint64(type);

export const elementRemedy = "keep what queries ask for in a repeated scalar, enum or Timestamp field beside it";
