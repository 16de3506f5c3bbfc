import { mistake } from "../codes.ts";
import type { Rule } from "../declared.ts";
import { repeated } from "./repeated.ts";

/** No two entities share a full name or the name of their stored state. */
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
];
