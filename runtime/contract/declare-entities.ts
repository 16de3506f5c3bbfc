import type { DescFile, DescService } from "@bufbuild/protobuf";
import type { Annotated } from "./annotations.ts";
import type { DeclaredEntity, EntityKind } from "./declared.ts";
import { listAt, textAt, treeAt } from "./options.ts";

const kinds: readonly EntityKind[] = ["value_entity", "event_sourced_entity", "replicated_entity"];

const stateOption: Readonly<Record<EntityKind, string>> = {
  value_entity: "state",
  event_sourced_entity: "state",
  replicated_entity: "replicated_register.value",
};

const entityAt = (
  annotated: Annotated,
  path: string,
  kind: EntityKind,
  packageName: string,
): DeclaredEntity | undefined => {
  const { options } = annotated;
  if (treeAt(options, path) === undefined) return undefined;
  const name = textAt(options, `${path}.name`) ?? "";
  const statePath = `${path}.${stateOption[kind]}`;
  const typePaths = [statePath, ...listAt(options, `${path}.events`).map((_, index) => `${path}.events.${index}`)];
  return {
    options,
    at: annotated.at,
    kind,
    name,
    fullName: packageName === "" ? name : `${packageName}.${name}`,
    entityType: textAt(options, `${path}.entity_type`) ?? "",
    package: packageName,
    path,
    statePath,
    types: typePaths.flatMap((each) => {
      const typeName = textAt(options, each);
      return typeName === undefined || typeName === "" ? [] : [{ path: each, name: typeName }];
    }),
  };
};

/** The entities that a file's options declare. */
export const fileEntities = (file: DescFile, annotated: Annotated): readonly DeclaredEntity[] =>
  kinds.flatMap((kind) => entityAt(annotated, `file.${kind}`, kind, file.proto.package) ?? []);

/** The entity that a service's `codegen` annotation declares together with the service. */
export const codegenEntity = (service: DescService, annotated: Annotated): DeclaredEntity | undefined =>
  kinds
    .map((kind) => entityAt(annotated, `codegen.${kind}`, kind, service.file.proto.package))
    .find((entity) => entity !== undefined);
