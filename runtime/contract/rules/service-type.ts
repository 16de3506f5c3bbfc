import { annotationPackage } from "../annotations.ts";
import { mistake } from "../codes.ts";
import { statedKinds } from "../declare.ts";
import type { Contract, DeclaredService, Rule } from "../declared.ts";
import type { Mistake } from "../mistake.ts";
import { treeAt } from "../options.ts";

const check = (service: DeclaredService, { registry }: Contract): readonly Mistake[] => {
  const name = service.desc.typeName;
  const { type, codegen } = statedKinds(service);
  if (type !== undefined && codegen !== undefined && type !== codegen) {
    return [
      mistake(
        "SERVICE_TYPE_CONFLICT",
        service.at("service.type"),
        `service "${name}" is of type ${type}, but its codegen annotation makes it ${codegen}.`,
        "Remove one of the two.",
      ),
    ];
  }
  // A workflow is told as not supported, not as a service without a type.
  if (service.kind !== undefined || treeAt(service.options, "codegen.workflow")) return [];
  return [
    mistake(
      "SERVICE_WITHOUT_TYPE",
      service.at("service"),
      `service "${name}" has annotations, but nothing says what kind of component it is.`,
      `Add option (${annotationPackage(registry)}.service).type with SERVICE_TYPE_ACTION, SERVICE_TYPE_ENTITY or SERVICE_TYPE_VIEW.`,
    ),
  ];
};

/** Each annotated service is of one kind. */
export const serviceTypeRule: Rule = (contract) => contract.services.flatMap((service) => check(service, contract));
