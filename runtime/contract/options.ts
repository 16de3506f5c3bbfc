import type { DescField } from "@bufbuild/protobuf";
import type { ReflectMessage } from "@bufbuild/protobuf/reflect";

/** The value of an option, as plain data. Enums are the names of their values. */
export type OptionValue = string | number | bigint | boolean | Uint8Array | OptionTree | readonly OptionValue[];

/** The fields of an option that are set, by their names in the proto file. */
export type OptionTree = { readonly [field: string]: OptionValue };

const enumName = (field: DescField, value: unknown): OptionValue =>
  field.enum?.values.find((each) => each.number === value)?.name ?? String(value);

const plain = (field: DescField, value: unknown): OptionValue => {
  if (field.message) return toTree(value as ReflectMessage);
  if (field.enum) return enumName(field, value);
  return value as OptionValue;
};

/** What is set in a message, field by field; a set member of a oneof counts even when it is empty. */
export const toTree = (message: ReflectMessage): OptionTree =>
  Object.fromEntries(
    message.fields
      .filter((field) => message.isSet(field))
      .map((field) => {
        const value: unknown = message.get(field);
        return [field.name, isList(value) ? [...value].map((each) => plain(field, each)) : plain(field, value)];
      }),
  );

const isList = (value: unknown): value is Iterable<unknown> =>
  typeof value === "object" && value !== null && Symbol.iterator in value && !(value instanceof Uint8Array);

const isTree = (value: OptionValue | undefined): value is OptionTree =>
  typeof value === "object" && !Array.isArray(value) && !(value instanceof Uint8Array);

/** The value at a dotted path such as `method.eventing.in.topic`; a number picks from a list. */
export const optionAt = (tree: OptionTree, path: string): OptionValue | undefined =>
  path.split(".").reduce<OptionValue | undefined>((value, step) => {
    if (Array.isArray(value)) return value[Number(step)];
    return isTree(value) ? value[step] : undefined;
  }, tree);

export const treeAt = (tree: OptionTree, path: string): OptionTree | undefined => {
  const value = optionAt(tree, path);
  return isTree(value) ? value : undefined;
};

export const textAt = (tree: OptionTree, path: string): string | undefined => {
  const value = optionAt(tree, path);
  return typeof value === "string" ? value : undefined;
};

export const listAt = (tree: OptionTree, path: string): readonly OptionValue[] => {
  const value = optionAt(tree, path);
  return Array.isArray(value) ? value : [];
};

/** True only for a bool option that is set to true. */
export const flagAt = (tree: OptionTree, path: string): boolean => optionAt(tree, path) === true;

/** Every path that is set, each before the paths below it. */
export const pathsOf = (tree: OptionTree): readonly string[] =>
  Object.entries(tree).flatMap(([field, value]) => [field, ...pathsBelow(value).map((path) => `${field}.${path}`)]);

const pathsBelow = (value: OptionValue): readonly string[] => {
  if (isTree(value)) return pathsOf(value);
  if (Array.isArray(value)) return value.flatMap((each, index) => pathsBelow(each).map((path) => `${index}.${path}`));
  return [];
};
