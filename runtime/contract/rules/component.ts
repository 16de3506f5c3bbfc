import { mistake } from "../codes.ts";
import type { DeclaredService, Rule } from "../declared.ts";
import type { Mistake } from "../mistake.ts";
import { textAt, treeAt } from "../options.ts";
import { didYouMean } from "../type-names.ts";
import { repeated } from "./repeated.ts";

const OPTION = "service.component";

const misplaced = (service: DeclaredService, reason: string): Mistake =>
  mistake(
    "COMPONENT_MISPLACED",
    service.at(OPTION),
    `service "${service.desc.typeName}" has a component, but ${reason}.`,
    "Remove component; it says which entity an entity service belongs to.",
  );

/** An entity service belongs to one declared entity, and no other service does. */
export const componentRule: Rule = ({ services, entities }) => {
  const names = entities.map((entity) => entity.fullName);
  const check = (service: DeclaredService): readonly Mistake[] => {
    const given = textAt(service.options, OPTION);
    if (given !== undefined && treeAt(service.options, "codegen")) {
      return [misplaced(service, "its codegen annotation declares what it is already")];
    }
    if (service.kind !== "entity") {
      return given === undefined || service.kind === undefined
        ? []
        : [misplaced(service, `it is of kind ${service.kind}`)];
    }
    if (service.component === undefined) {
      return [
        mistake(
          "COMPONENT_MISSING",
          service.at("service"),
          `entity service "${service.desc.typeName}" does not say which entity it belongs to.`,
          "Add component: the package of the file that declares the entity, a dot, and the entity's name.",
        ),
      ];
    }
    if (names.includes(service.component)) return [];
    return [
      mistake(
        "COMPONENT_UNKNOWN",
        service.at(OPTION),
        `entity service "${service.desc.typeName}" belongs to "${service.component}", and no file declares that entity.`,
        `${didYouMean(service.component, names)}Write the package of the declaring file, a dot, and the entity's name.`,
      ),
    ];
  };
  const entityServices = services.filter(({ kind, component }) => kind === "entity" && component !== undefined);
  return [
    ...services.flatMap(check),
    ...repeated(entityServices, ({ component }) => component ?? "").map(({ item, earlier }) =>
      mistake(
        "COMPONENT_SHARED",
        item.at(OPTION),
        `services "${earlier.desc.typeName}" and "${item.desc.typeName}" both belong to entity "${item.component}".`,
        "Put all methods of an entity into one service; an action may offer them under other names.",
      ),
    ),
  ];
};
