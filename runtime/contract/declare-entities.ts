import type { DescFile, DescService } from "@bufbuild/protobuf";
import type { Annotated } from "./annotations.ts";
import type { DeclaredEntity, EntityKind } from "./declared.ts";
import type { ReplicatedKind } from "./model.ts";
import { listAt, type OptionTree, textAt, treeAt } from "./options.ts";
import { elementOptions, isReplicatedKind } from "./replicated-kinds.ts";

const kinds: readonly EntityKind[] = ["value_entity", "event_sourced_entity", "replicated_entity"];

const stateOption: Readonly<Record<EntityKind, string>> = {
  value_entity: "state",
  event_sourced_entity: "state",
  replicated_entity: "replicated_register.value",
};

const dataAt = (options: OptionTree, path: string): ReplicatedKind | undefined =>
  Object.keys(treeAt(options, path) ?? {}).find(isReplicatedKind);

/** The options that name the types of an entity. */
export const typePathsOf = ({ options, kind, data, path, statePath }: TypedEntity): readonly string[] => {
  if (kind !== "replicated_entity") {
    return [statePath, ...listAt(options, `${path}.events`).map((_, index) => `${path}.events.${index}`)];
  }
  return data === undefined ? [] : elementOptions[data].map((option) => `${path}.${data}.${option}`);
};

type TypedEntity = Pick<DeclaredEntity, "options" | "kind" | "data" | "path" | "statePath">;

/** Codegen of the original took full names, too. */
const fullNameOf = (name: string, packageName: string): string => {
  const [outermost] = packageName.split(".");
  return packageName === "" || name.startsWith(`${outermost}.`) ? name : `${packageName}.${name}`;
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
  const data = kind === "replicated_entity" ? dataAt(options, path) : undefined;
  return {
    options,
    at: annotated.at,
    kind,
    name,
    fullName: fullNameOf(name, packageName),
    entityType: textAt(options, `${path}.entity_type`) ?? "",
    package: packageName,
    path,
    statePath,
    data,
    types: typePathsOf({ options, kind, data, path, statePath }).flatMap((each) => {
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
