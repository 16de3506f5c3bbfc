import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import type { Name } from "./ast.ts";
import { columnTypeOf, type FieldType, fieldTypeOf, isTimestamp } from "./field-type.ts";
import type { Step } from "./plan.ts";
import { closest } from "./suggest.ts";

/** A path that leads somewhere. `text` is its one spelling, whatever quotes the query used. */
export type ResolvedPath = {
  readonly text: string;
  readonly steps: readonly Step[];
  readonly type: FieldType;
  /** The path of the Timestamp that this one leads into; stores hold a Timestamp as one value. */
  readonly timestamp: string | undefined;
};

export type PathOutcome =
  | { readonly kind: "found"; readonly path: ResolvedPath }
  /** `name` is the part that names nothing; it was looked for in what stands `at` the path before it. */
  | {
      readonly kind: "missing";
      readonly name: Name;
      readonly at: string;
      readonly from: FieldType;
      readonly suggestion: string | undefined;
    };

/** Messages that the generated code does not give as plain messages, so no path leads into them. */
const opaque: ReadonlySet<string> = new Set(
  ["Struct", "Value", "ListValue", "FieldMask"].map((name) => `google.protobuf.${name}`),
);

/** Follows names through fields, oneofs and map keys. */
export const resolvePath = (root: DescMessage, names: readonly Name[]): PathOutcome => {
  const steps: Step[] = [];
  let type: FieldType = { kind: "message", desc: root };
  let timestamp: string | undefined;
  for (const name of names) {
    const next = takeStep(type, name.text);
    if (next === undefined) {
      const at = pathText(names.slice(0, steps.length));
      return { kind: "missing", name, at, from: type, suggestion: suggestPath(root, names) };
    }
    if (isTimestamp(type)) timestamp = pathText(names.slice(0, steps.length));
    steps.push(next.step);
    type = next.type;
  }
  return { kind: "found", path: { text: pathText(names), steps, type, timestamp } };
};

export const isOpaque = ({ typeName }: DescMessage): boolean => opaque.has(typeName);

const takeStep = (from: FieldType, name: string): { step: Step; type: FieldType } | undefined => {
  if (from.kind === "map") {
    return from.key === ScalarType.STRING ? { step: { kind: "entry", key: name }, type: from.value } : undefined;
  }
  if (from.kind !== "message" || isOpaque(from.desc)) return undefined;
  const field = from.desc.fields.find((candidate) => candidate.name === name);
  return field && { step: fieldStep(field), type: fieldTypeOf(field) };
};

/** Where the generated code keeps a field. */
export const fieldStep = (field: DescField): Step =>
  field.oneof === undefined
    ? { kind: "field", name: field.name }
    : { kind: "member", oneof: field.oneof.name, name: field.name };

/** A path in its one spelling. */
export const pathText = (names: readonly { readonly text: string }[]): string =>
  names
    .map(({ text }) => (/^[A-Za-z_][A-Za-z0-9_]*$/.test(text) ? text : `\`${text.replaceAll("`", "``")}\``))
    .join(".");

/** A path that was probably meant: one that ends the same, else one spelled nearly so. */
const suggestPath = (root: DescMessage, names: readonly Name[]): string | undefined => {
  const wanted = pathText(names);
  const last = names[names.length - 1]?.text;
  const paths = scalarPaths(root, 3);
  return paths.find((path) => path.split(".").pop() === last) ?? closest(wanted, paths);
};

const scalarPaths = (desc: DescMessage, depth: number): string[] =>
  desc.fields.flatMap((field) => {
    const type = fieldTypeOf(field);
    if (columnTypeOf(type) !== undefined) return [field.name];
    if (type.kind !== "message" || depth === 1) return [];
    return scalarPaths(type.desc, depth - 1).map((path) => `${field.name}.${path}`);
  });
