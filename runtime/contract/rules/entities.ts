import { mistake } from "../codes.ts";
import { typePathsOf } from "../declare-entities.ts";
import type { DeclaredEntity, Rule } from "../declared.ts";
import type { Mistake } from "../mistake.ts";
import { optionAt } from "../options.ts";
import { didYouMean, resolveType } from "../type-names.ts";
import { isScalarName } from "./scalar-names.ts";

const missing = (entity: DeclaredEntity): readonly Mistake[] => {
  const place = entity.at(entity.path);
  const who = entity.name === "" ? "an entity declared here" : `entity "${entity.fullName}"`;
  const found: Mistake[] = [];
  if (entity.name === "") {
    found.push(mistake("ENTITY_NAME_MISSING", place, `${who} has no name.`, 'Add name, such as name: "UserPresence".'));
  }
  if (entity.entityType === "") {
    const remedy = "Add entity_type: it names the stored state and may never change, unlike the name.";
    found.push(mistake("ENTITY_TYPE_MISSING", place, `${who} has no entity_type.`, remedy));
  }
  for (const option of missingOptions(entity)) {
    const text = `${who} does not say what its state is.`;
    found.push(mistake("ENTITY_STATE_MISSING", place, text, `Add ${option}.`));
  }
  return found;
};

const missingOptions = (entity: DeclaredEntity): readonly string[] => {
  const { kind, data, options, path } = entity;
  if (kind === "replicated_entity" && data === undefined) {
    return ["its data, such as replicated_counter: {} or replicated_register: {value: …} with the name of a message"];
  }
  return typePathsOf(entity)
    .filter((each) => optionAt(options, each) === undefined)
    .map(
      (each) => `${each.slice(path.length + 1)} with the name of a message${data === undefined ? "" : " or a scalar"}`,
    );
};

/** An entity is declared whole, and its types are messages of the set. */
export const entitiesRule: Rule = ({ entities, registry }) => {
  const messages = [...registry].flatMap((each) => (each.kind === "message" ? [each.typeName] : []));
  return entities.flatMap((entity) => [
    ...missing(entity),
    ...entity.types
      .filter(({ name }) => !isScalarName(name) && resolveType(registry, entity.package, name) === undefined)
      .map(({ path, name }) =>
        mistake(
          "TYPE_UNKNOWN",
          entity.at(path),
          `entity "${entity.fullName}" uses the message "${name}", and there is none of that name.`,
          `${didYouMean(name, messages)}Write the name relative to package "${entity.package}", or in full.`,
        ),
      ),
  ]);
};
