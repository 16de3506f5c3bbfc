import { mistake } from "../codes.ts";
import type { Contract, DeclaredEntity, DeclaredMethod, Rule } from "../declared.ts";
import type { Mistake } from "../mistake.ts";
import type { EventSource } from "../model.ts";
import { sourceOf } from "../model-of.ts";
import { flagAt, treeAt } from "../options.ts";
import { resolveType } from "../type-names.ts";
import { isUpdate } from "./views.ts";

const IN = "method.eventing.in";
const ANY = "google.protobuf.Any";
const EMPTY = "google.protobuf.Empty";

type Sourced = { readonly method: DeclaredMethod; readonly source: EventSource };

const has = ({ options }: DeclaredMethod, flag: string): boolean => flagAt(options, `${IN}.${flag}`);

/** Full names of what an entity's topic carries. */
const messagesOf = ({ package: scope, types, kind, statePath }: DeclaredEntity, { registry }: Contract): string[] =>
  types
    .filter(({ path }) => (kind === "event_sourced_entity") === (path !== statePath))
    .flatMap(({ name }) => resolveType(registry, scope, name)?.typeName ?? []);

const deletes = ({ method }: Sourced): readonly Mistake[] => {
  if (!has(method, "handle_deletes") || method.desc.input.typeName === EMPTY) return [];
  const text = `method "${method.fullName}" has handle_deletes, which stands on a method that takes ${EMPTY}.`;
  const remedy = `Let the method take ${EMPTY}; the key is the subject of the event. Or remove handle_deletes.`;
  return [mistake("DELETES_MISPLACED", method.at(`${IN}.handle_deletes`), text, remedy)];
};

const ignores = ({ method }: Sourced): readonly Mistake[] => {
  if (!has(method, "ignore") || (!isUpdate(method) && treeAt(method.options, "method.eventing.out") === undefined)) {
    return [];
  }
  const text = `method "${method.fullName}" ignores its messages, so it neither updates a view nor publishes.`;
  const remedy = "Remove ignore, or the view and eventing.out options.";
  return [mistake("IGNORE_WITH_MORE", method.at(`${IN}.ignore`), text, remedy)];
};

const mismatch = ({ method, source }: Sourced, entity: DeclaredEntity, contract: Contract): readonly Mistake[] => {
  const place = method.at(IN);
  if (entity.kind !== source.kind) {
    const text = `method "${method.fullName}" consumes "${source.name}" as a ${source.kind}, and it is declared as a ${entity.kind}.`;
    const remedy =
      entity.kind === "replicated_entity"
        ? "Consume the topic of an action that publishes its changes."
        : `Write ${entity.kind}: "${source.name}".`;
    return [mistake("SOURCE_MISMATCH", place, text, remedy)];
  }
  const input = method.desc.input.typeName;
  const messages = messagesOf(entity, contract);
  if (messages.includes(input) || input === ANY || has(method, "handle_deletes")) return [];
  const text = `method "${method.fullName}" takes "${input}" from "${source.name}", whose messages are ${messages.join(", ")}.`;
  return [mistake("SOURCE_MISMATCH", place, text, "Let the method take one of them.")];
};

/** Every event of an entity is taken by some method of the consumer, or ignored by it. */
const unhandled = (consumer: readonly Sourced[], entity: DeclaredEntity, contract: Contract): readonly Mistake[] => {
  const [first] = consumer;
  if (first === undefined || entity.kind !== "event_sourced_entity" || first.source.kind !== entity.kind) return [];
  const isOpen = consumer.some(({ method }) => has(method, "ignore_unknown") || method.desc.input.typeName === ANY);
  const taken = new Set(consumer.map(({ method }) => method.desc.input.typeName));
  const missing = messagesOf(entity, contract).filter((name) => !taken.has(name));
  if (isOpen || missing.length === 0) return [];
  return [
    mistake(
      "EVENT_UNHANDLED",
      first.method.at(IN),
      `the consumer "${first.source.group}" of "${first.source.name}" has no method for ${missing.join(", ")}.`,
      "Add a method for each, with eventing.in.ignore where nothing is to be done, or set ignore_unknown.",
    ),
  ];
};

/** Consumers of entities take what the entity gives: of the declared kind and types, and all of its events. */
export const entitySourcesRule: Rule = (contract) => {
  const sourced = contract.services.flatMap(({ methods }) =>
    methods.flatMap((method): Sourced[] => {
      const source = sourceOf(method);
      return source === undefined ? [] : [{ method, source }];
    }),
  );
  const consumers = new Map<string, Sourced[]>();
  for (const each of sourced) {
    const id = JSON.stringify([each.source.kind, each.source.name, each.source.group]);
    consumers.set(id, [...(consumers.get(id) ?? []), each]);
  }
  const entityOf = ({ kind, name }: EventSource) =>
    kind === "topic" ? undefined : contract.entities.find(({ entityType }) => entityType === name);
  return [
    ...sourced.flatMap((each) => {
      const entity = entityOf(each.source);
      return [...deletes(each), ...ignores(each), ...(entity === undefined ? [] : mismatch(each, entity, contract))];
    }),
    ...[...consumers.values()].flatMap((consumer) => {
      const entity = consumer[0] && entityOf(consumer[0].source);
      return entity === undefined ? [] : unhandled(consumer, entity, contract);
    }),
  ];
};
