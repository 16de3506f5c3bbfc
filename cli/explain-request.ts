import { create, type DescField, type DescMessage, fromJsonString, type Message as Generic } from "@bufbuild/protobuf";
import { type ReflectList, type ReflectMap, type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import type { Message } from "../runtime/codec.ts";
import type { Model } from "../runtime/contract/model.ts";
import { BadCall } from "./bad-call.ts";

/** The request that `--params` says, an empty one without it. Throws `BadCall` for JSON that is not of the type. */
export const readRequest = (desc: DescMessage, json: string | undefined, registry: Model["registry"]): Generic => {
  if (json === undefined) return create(desc);
  try {
    return fromJsonString(desc, json, { registry });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new BadCall(`the JSON of --params is no ${desc.typeName}: ${why}`);
  }
};

/** The message in the form of the generated code, which plans read: no generated code is needed for it. */
export const generatedForm = (desc: DescMessage, message: Generic): Message => formOf(reflect(desc, message));

const formOf = (reflected: ReflectMessage): Message => {
  const form: Record<string, unknown> = {};
  for (const member of reflected.members) {
    if (member.kind === "oneof") {
      const chosen = reflected.oneofCase(member);
      form[member.name] = chosen && { $case: chosen.name, value: fieldForm(chosen, reflected) };
    } else {
      form[member.name] = isUnset(member, reflected) ? undefined : fieldForm(member, reflected);
    }
  }
  return form;
};

const implicitPresence = 2;

const isUnset = (field: DescField, reflected: ReflectMessage): boolean => {
  if (field.fieldKind === "list" || field.fieldKind === "map") return false;
  return field.presence !== implicitPresence && !reflected.isSet(field);
};

const fieldForm = (field: DescField, reflected: ReflectMessage): unknown => {
  switch (field.fieldKind) {
    case "list":
      return [...(reflected.get(field) as ReflectList)].map((each) => valueForm(field, each));
    case "map":
      return Object.fromEntries(
        [...(reflected.get(field) as ReflectMap)].map(([key, each]) => [String(key), valueForm(field, each)]),
      );
    default:
      return valueForm(field, reflected.get(field));
  }
};

const valueForm = (field: DescField, value: unknown): unknown => {
  // The generated code spells enum values by name.
  if (field.enum !== undefined) return field.enum.value[Number(value)]?.name ?? "UNRECOGNIZED";
  if (field.message === undefined) return value;
  const reflected = value as ReflectMessage;
  const isWrapper = /^google\.protobuf\.(String|Bytes|Bool|Double|Float|U?Int(32|64))Value$/.test(
    field.message.typeName,
  );
  const inner = field.message.fields[0];
  return isWrapper && inner !== undefined ? reflected.get(inner) : formOf(reflected);
};
