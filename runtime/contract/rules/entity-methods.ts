import { mistake } from "../codes.ts";
import type { Contract, DeclaredMethod, DeclaredService, Rule } from "../declared.ts";
import type { Mistake } from "../mistake.ts";
import { optionAt } from "../options.ts";

const streams = (method: DeclaredMethod): readonly Mistake[] =>
  method.desc.methodKind === "unary"
    ? []
    : [
        mistake(
          "ENTITY_METHOD_STREAMS",
          method.at(),
          `entity method "${method.fullName}" streams, and an entity takes one command and gives one reply.`,
          "Remove stream; an action may stream and call the entity for each message.",
        ),
      ];

const withoutKey = (method: DeclaredMethod, { keyFieldsOf }: Contract): readonly Mistake[] =>
  keyFieldsOf(method.desc.input).length > 0 || optionAt(method.options, "method.entity") !== undefined
    ? []
    : [
        mistake(
          "ENTITY_KEY_MISSING",
          method.at(),
          `entity method "${method.fullName}" takes "${method.desc.input.typeName}", which has no key field.`,
          "Mark the fields that name the entity with [(akkaserverless.field).entity_key = true].",
        ),
      ];

const withEventing = (method: DeclaredMethod): readonly Mistake[] =>
  optionAt(method.options, "method.eventing") === undefined
    ? []
    : [
        mistake(
          "ENTITY_WITH_EVENTING",
          method.at("method.eventing"),
          `entity method "${method.fullName}" has eventing options; entities neither consume nor publish.`,
          "Use an action: it takes the event or publishes its reply, and calls the entity.",
        ),
      ];

const joined = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(", ");

/** Another number of key fields, or the same names in another order, makes another key. */
const differ = (a: readonly string[], b: readonly string[]): boolean =>
  a.length !== b.length || (a.join() !== b.join() && [...a].sort().join() === [...b].sort().join());

const keysDiffer = ({ methods }: DeclaredService, { keyFieldsOf }: Contract): readonly Mistake[] => {
  const keyed = methods.filter(({ desc }) => keyFieldsOf(desc.input).length > 0);
  const [first, ...others] = keyed;
  if (first === undefined) return [];
  const wanted = keyFieldsOf(first.desc.input);
  return others
    .filter(({ desc }) => differ(wanted, keyFieldsOf(desc.input)))
    .map((method) =>
      mistake(
        "ENTITY_KEYS_DIFFER",
        method.at(),
        `entity method "${method.fullName}" has the key ${joined(keyFieldsOf(method.desc.input))}, but "${first.fullName}" has ${joined(wanted)}; they would never meet one entity.`,
        "Mark the same key fields, in the same order, in the input of every method of the entity.",
      ),
    );
};

/** Methods of an entity are unary, carry its key, all of one shape, and have no eventing. */
export const entityMethodsRule: Rule = (contract) =>
  contract.services
    .filter(({ kind }) => kind === "entity")
    .flatMap((service) => [
      ...service.methods.flatMap((method) => [
        ...streams(method),
        ...withoutKey(method, contract),
        ...withEventing(method),
      ]),
      ...keysDiffer(service, contract),
    ]);
