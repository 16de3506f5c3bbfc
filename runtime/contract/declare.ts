import type { DescFile, DescMessage, DescService, FileRegistry } from "@bufbuild/protobuf";
import { annotationReader, keyFieldReader, type ReadAnnotations } from "./annotations.ts";
import { codegenEntity, fileEntities } from "./declare-entities.ts";
import { withServiceEventing } from "./declare-eventing.ts";
import { httpRulesOf } from "./declare-http.ts";
import type { Contract, DeclaredField, DeclaredMethod, DeclaredService, NamedAnnotated } from "./declared.ts";
import type { ComponentKind } from "./model.ts";
import { optionAt, textAt, treeAt } from "./options.ts";
import { type Environment, withTopicNames } from "./topic-names.ts";

const kindOfType: Readonly<Record<string, ComponentKind>> = {
  SERVICE_TYPE_ACTION: "action",
  SERVICE_TYPE_ENTITY: "entity",
  SERVICE_TYPE_VIEW: "view",
};

const kindOfCodegen: Readonly<Record<string, ComponentKind>> = {
  action: "action",
  view: "view",
  value_entity: "entity",
  event_sourced_entity: "entity",
  replicated_entity: "entity",
};

/** The kind that the service's own annotations name: `type`, else `codegen`. */
export const statedKinds = (service: Pick<DeclaredService, "options">) => ({
  type: kindOfType[textAt(service.options, "service.type") ?? ""],
  codegen: kindOfCodegen[Object.keys(treeAt(service.options, "codegen") ?? {})[0] ?? ""],
});

/** What a service without a type must be, from what its methods carry. */
const inferredKind = (service: Pick<DeclaredService, "options" | "methods">): ComponentKind | undefined => {
  if (service.methods.some(({ options }) => optionAt(options, "method.view") !== undefined)) return "view";
  if (optionAt(service.options, "service.component") !== undefined) return "entity";
  const hasEventing =
    optionAt(service.options, "service.eventing.in") !== undefined ||
    service.methods.some(({ options }) => optionAt(options, "method.eventing") !== undefined);
  if (hasEventing) return "action";
  return undefined;
};

const methodsOf = (service: DescService, read: ReadAnnotations): readonly DeclaredMethod[] =>
  service.methods.map((desc) => {
    const annotated = read(desc);
    const fullName = `${service.typeName}.${desc.name}`;
    return { ...annotated, desc, fullName, http: httpRulesOf(desc, fullName, annotated) };
  });

const declaredService = (desc: DescService, read: ReadAnnotations, environment: Environment): DeclaredService => {
  const annotated = { ...read(desc), methods: methodsOf(desc, read) };
  const stated = statedKinds(annotated);
  const component = codegenEntity(desc, annotated)?.fullName ?? textAt(annotated.options, "service.component");
  const kind = stated.type ?? stated.codegen ?? inferredKind(annotated);
  const methods = annotated.methods
    .map((method) => withServiceEventing(method, kind, annotated.options))
    .map((method) => withTopicNames(method, environment));
  return { ...annotated, desc, kind, component, methods };
};

const isOurs = ({ options, methods }: DeclaredService): boolean =>
  Object.keys(options).length > 0 || methods.some((method) => method.options.method !== undefined);

/** The full name of the entity that is meant. With a leading dot it is a full one, or goes on from the service's package. */
const componentIn = (names: ReadonlySet<string>, { component, desc }: DeclaredService): string | undefined => {
  if (component?.startsWith(".") !== true) return component;
  return [component.slice(1), `${desc.file.proto.package}${component}`].find((name) => names.has(name)) ?? component;
};

const messagesIn = (holder: DescFile | DescMessage): readonly DescMessage[] =>
  (holder.kind === "file" ? holder.messages : holder.nestedMessages).flatMap((message) => [
    message,
    ...messagesIn(message),
  ]);

const hasOptions = ({ options }: Pick<NamedAnnotated, "options">): boolean => Object.keys(options).length > 0;

/**
 * Everything the files of a descriptor set declare, in the order of the files. Names of topics are those that the
 * environment makes of them; without an environment they stay as they are written.
 */
export const declare = (registry: FileRegistry, environment?: Environment): Contract => {
  const read = annotationReader(registry);
  const files = [...registry.files];
  const messages = files.flatMap(messagesIn);
  const all = files.flatMap((file) => file.services.map((service) => declaredService(service, read, environment)));
  const ours = all.filter(isOurs);
  const entities = [
    ...files.flatMap((file) => fileEntities(file, read(file))),
    ...ours.flatMap((service) => codegenEntity(service.desc, service) ?? []),
  ];
  const names = new Set(entities.map(({ fullName }) => fullName));
  const services = ours.map((service) => ({ ...service, component: componentIn(names, service) }));
  const fields: readonly DeclaredField[] = messages
    .flatMap((message) => message.fields)
    .map((desc) => ({ desc, annotated: read(desc) }))
    .filter(({ annotated }) => hasOptions(annotated))
    .map(({ desc, annotated }) => ({ ...annotated, desc, title: `field "${desc.parent.typeName}.${desc.name}"` }));
  return {
    registry,
    keyFieldsOf: keyFieldReader(registry),
    entities,
    services,
    http: all.flatMap((service) => service.methods.flatMap((method) => method.http)),
    fields,
    annotated: [
      ...files.map((file) => ({ ...read(file), title: `file "${file.proto.name}"` })),
      ...messages.map((message) => ({ ...read(message), title: `message "${message.typeName}"` })),
      ...fields,
      ...services.flatMap((service) => [
        { ...service, title: `service "${service.desc.typeName}"` },
        ...service.methods.map((method) => ({ ...method, title: `method "${method.fullName}"` })),
      ]),
    ].filter(hasOptions),
  };
};
