import { createHash } from "node:crypto";
import type { DescEnum, DescField, DescMessage } from "@bufbuild/protobuf";
import type { MethodModel, ServiceModel } from "../contract/model.ts";
import { describeType, fieldTypeOf } from "./field-type.ts";

/**
 * The name of a stored table: `<Service>_<table>_<hash>`, at most 100 letters, digits and underscores. The hash
 * is of what its rows are made of: the row message down to its last field, the update side and the handlers'
 * revision. Queries and indexes do not change it.
 */
export const tableIdentity = (
  service: ServiceModel,
  table: string,
  row: DescMessage,
  updates: readonly MethodModel[],
  revision: number,
): string => {
  const made = {
    service: service.fullName,
    table,
    row: shapeOf(row),
    updates: updates.map(updateShape).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    revision,
  };
  const hash = createHash("sha256").update(JSON.stringify(made)).digest("hex").slice(0, 16);
  return `${word(service.desc.name)}_${word(table)}_${hash}`;
};

const word = (name: string): string => name.replace(/[^A-Za-z0-9_]/g, "_").slice(0, 40);

const updateShape = ({ name, source, input, update, handlesDeletes }: MethodModel) => ({
  name,
  source: source && `${source.kind}/${source.name}`,
  input: input.typeName,
  transform: update?.transform ?? false,
  ...(handlesDeletes ? { deletes: true } : {}),
});

/** A message's fields and those of every message and enum inside it, by type name, so recursion ends. */
const shapeOf = (root: DescMessage): Readonly<Record<string, readonly string[]>> => {
  const shapes = new Map<string, readonly string[]>();
  const visit = (desc: DescMessage): void => {
    if (shapes.has(desc.typeName)) return;
    shapes.set(desc.typeName, desc.fields.map(fieldShape).toSorted());
    for (const field of desc.fields) {
      if (field.enum !== undefined) shapes.set(field.enum.typeName, enumShape(field.enum));
      if (field.message !== undefined) visit(field.message);
    }
  };
  visit(root);
  return Object.fromEntries([...shapes].toSorted(([a], [b]) => (a < b ? -1 : 1)));
};

const fieldShape = (field: DescField): string => {
  const group = field.oneof === undefined ? "" : ` in ${field.oneof.name}`;
  return `${field.name} = ${field.number} ${describeType(fieldTypeOf(field))} presence ${field.presence}${group}`;
};

const enumShape = (desc: DescEnum): readonly string[] => desc.values.map(({ name, number }) => `${name} = ${number}`);
