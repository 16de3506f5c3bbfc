import type { DescMessage } from "@bufbuild/protobuf";
import { mistake } from "../codes.ts";
import type { Rule } from "../declared.ts";
import { comparedOptions } from "../replicated-kinds.ts";
import { resolveType } from "../type-names.ts";

/** The first map field of a message, or of a message in it. */
const mapIn = (message: DescMessage, visited: Set<DescMessage> = new Set()): string | undefined => {
  if (visited.has(message)) return undefined;
  visited.add(message);
  for (const field of message.fields) {
    if (field.fieldKind === "map") return `${message.typeName}.${field.name}`;
    const below = field.message && mapIn(field.message, visited);
    if (below !== undefined) return below;
  }
  return undefined;
};

/** Keys and elements of replicated data are equal when their bytes are, and the entries of a map have no order. */
export const replicatedDataRule: Rule = ({ entities, registry }) =>
  entities.flatMap(({ types, path, at, fullName, package: scope }) =>
    types.flatMap((type) => {
      if (!comparedOptions.has(type.path.slice(path.length + 1))) return [];
      const message = resolveType(registry, scope, type.name);
      const map = message && mapIn(message);
      if (map === undefined) return [];
      return [
        mistake(
          "ELEMENT_WITH_MAP",
          at(type.path),
          `entity "${fullName}" finds things by "${type.name}", and the map "${map}" in it has no order: equal ones may differ in bytes.`,
          "Use a message without map fields, such as a list of pairs in a fixed order, or a scalar.",
        ),
      ];
    }),
  );
