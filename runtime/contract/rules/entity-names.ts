import { mistake } from "../codes.ts";
import type { Rule } from "../declared.ts";
import { repeated } from "./repeated.ts";

// An entity's log is a topic of which its type is a part.
const legalType = /^[a-zA-Z0-9._-]{1,200}$/;

/** Entities have types that topics can carry, and no two share a full name or a type. */
export const entityNamesRule: Rule = ({ entities }) => [
  ...repeated(
    entities.filter(({ name }) => name !== ""),
    ({ fullName }) => fullName,
  ).map(({ item, earlier }) =>
    mistake(
      "ENTITY_NAME_TWICE",
      item.at(`${item.path}.name`),
      `entity "${item.fullName}" is declared twice, first in ${earlier.at().file}.`,
      "Give one of them another name.",
    ),
  ),
  ...repeated(
    entities.filter(({ entityType }) => entityType !== ""),
    ({ entityType }) => entityType,
  ).map(({ item, earlier }) =>
    mistake(
      "ENTITY_TYPE_TWICE",
      item.at(`${item.path}.entity_type`),
      `entities "${earlier.fullName}" and "${item.fullName}" both have the entity_type "${item.entityType}".`,
      "Give the newer one another entity_type; two kinds of state cannot be stored under one name.",
    ),
  ),
  ...entities
    .filter(({ entityType }) => entityType !== "" && !legalType.test(entityType))
    .map(({ at, path, fullName, entityType }) =>
      mistake(
        "ENTITY_TYPE_INVALID",
        at(`${path}.entity_type`),
        `entity "${fullName}" has the entity_type "${entityType}", which cannot stand in a topic's name.`,
        "Use letters, digits, dots, underscores and hyphens, at most 200 of them.",
      ),
    ),
];
