import { type DescExtension, type DescMessage, getOption, hasOption, type Registry } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { locationOf, type OptionHolder } from "./location.ts";
import type { KeyFieldsOf, Location } from "./model.ts";
import { flagAt, type OptionTree, type OptionValue, toTree } from "./options.ts";

/** Packages whose annotations are read; they share names and numbers, and the first that is set counts. */
const packages = ["akkaserverless", "kalix"] as const;
const extensions = ["file", "message", "field", "legacy_entity_key", "service", "codegen", "method"] as const;

/** The package that an application's annotations are of, for a remedy to spell them as its author does. */
export const annotationPackage = (registry: Registry): string =>
  packages.find((each) => registry.getExtension(`${each}.service`) !== undefined) ?? packages[0];

/** An element of a proto file with its annotations as plain data. */
export type Annotated = {
  /** By extension, then field by field: `{method: {view: {query: {query: "SELECT …"}}}, http: {get: "/…"}}`. */
  readonly options: OptionTree;
  /** The place of an option such as `method.view.query`, or the nearest to it; without a path, of the name. */
  readonly at: (option?: string) => Location;
};

/** Reads the annotations of any element. */
export type ReadAnnotations = (desc: OptionHolder) => Annotated;

const extended: Readonly<Record<OptionHolder["kind"], string>> = {
  file: "google.protobuf.FileOptions",
  message: "google.protobuf.MessageOptions",
  field: "google.protobuf.FieldOptions",
  service: "google.protobuf.ServiceOptions",
  rpc: "google.protobuf.MethodOptions",
};

const optionOf = (desc: OptionHolder, extension: DescExtension): OptionValue => {
  const value: unknown = getOption(desc, extension);
  return extension.message ? toTree(reflect(extension.message, value as never)) : (value as OptionValue);
};

/** Field numbers of the steps after the extension, as far as the message knows them. */
const numbersOf = (message: DescMessage | undefined, [step, ...rest]: readonly string[]): readonly number[] => {
  if (step === undefined || message === undefined) return [];
  if (/^\d+$/.test(step)) return [Number(step), ...numbersOf(message, rest)];
  const field = message.fields.find((each) => each.name === step);
  return field ? [field.number, ...numbersOf(field.message, rest)] : [];
};

/** The one reader of annotations, over whatever annotation files the descriptor set brings along. */
export const annotationReader = (registry: Registry): ReadAnnotations => {
  const named: readonly (readonly [string, readonly DescExtension[]])[] = [
    ...extensions.map((name) => [name, packages.map((each) => `${each}.${name}`)] as const),
    ["http", ["google.api.http"]] as const,
  ].map(([name, fullNames]) => [name, fullNames.flatMap((each) => registry.getExtension(each) ?? [])] as const);

  return (desc) => {
    const found = new Map<string, DescExtension>();
    // Of most elements nothing is said at all.
    for (const [name, candidates] of desc.proto.options === undefined ? [] : named) {
      const extension = candidates.find(
        (each) => each.extendee.typeName === extended[desc.kind] && hasOption(desc, each),
      );
      if (extension) found.set(name, extension);
    }
    return {
      options: Object.fromEntries([...found].map(([name, extension]) => [name, optionOf(desc, extension)])),
      at: (option = "") => {
        const [name = "", ...steps] = option.split(".");
        const extension = found.get(name);
        return locationOf(desc, extension ? [extension.number, ...numbersOf(extension.message, steps)] : []);
      },
    };
  };
};

/** The reader of key fields for the messages of a registry. */
export const keyFieldReader = (registry: Registry): KeyFieldsOf => {
  const read = annotationReader(registry);
  const known = new Map<DescMessage, readonly string[]>();
  return (message) => {
    const names =
      known.get(message) ??
      message.fields.filter((field) => isKeyField(read(field).options)).map((field) => field.name);
    known.set(message, names);
    return names;
  };
};

/** True when a field's options mark it as part of the entity key. */
export const isKeyField = (options: OptionTree): boolean =>
  ["field.entity_key", "field.id", "legacy_entity_key"].some((option) => flagAt(options, option));
