import { ScalarType } from "@bufbuild/protobuf";
import { annotationPackage } from "../annotations.ts";
import { mistake } from "../codes.ts";
import type { Contract, DeclaredMethod, DeclaredService, Rule } from "../declared.ts";
import type { Mistake } from "../mistake.ts";
import { generatesKey } from "../model-of.ts";
import { optionAt } from "../options.ts";

const GENERATOR = "method.entity.key_generator";

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

const withoutKey = (method: DeclaredMethod, { keyFieldsOf, registry }: Contract): readonly Mistake[] =>
  keyFieldsOf(method.desc.input).length > 0 || generatesKey(method)
    ? []
    : [
        mistake(
          "ENTITY_KEY_MISSING",
          method.at(),
          `entity method "${method.fullName}" takes "${method.desc.input.typeName}", which has no key field.`,
          `Mark the fields that name the entity with [(${annotationPackage(registry)}.field).entity_key = true], or have the key made with entity.key_generator.`,
        ),
      ];

const keyTwice = (method: DeclaredMethod, { keyFieldsOf }: Contract): readonly Mistake[] =>
  !generatesKey(method) || keyFieldsOf(method.desc.input).length === 0
    ? []
    : [
        mistake(
          "KEY_GENERATED_TWICE",
          method.at(GENERATOR),
          `entity method "${method.fullName}" makes a new key, and takes "${method.desc.input.typeName}", which has the key ${joined(keyFieldsOf(method.desc.input))}.`,
          "Take the key fields out of its input, or remove entity.key_generator.",
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

const serviceEventing = (service: DeclaredService): readonly Mistake[] =>
  optionAt(service.options, "service.eventing") === undefined
    ? []
    : [
        mistake(
          "ENTITY_WITH_EVENTING",
          service.at("service.eventing"),
          `entity service "${service.desc.typeName}" has eventing options; entities neither consume nor publish.`,
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

/** A made key is one text, so that is what the other methods have to find the entity by. */
const cannotMeet = ({ methods }: DeclaredService, { keyFieldsOf }: Contract): readonly Mistake[] => {
  const keyed = methods.find(({ desc }) => keyFieldsOf(desc.input).length > 0);
  if (keyed === undefined) return [];
  const [name, ...others] = keyFieldsOf(keyed.desc.input);
  const field = keyed.desc.input.fields.find((each) => each.name === name);
  if (others.length === 0 && field?.scalar === ScalarType.STRING) return [];
  return methods
    .filter(generatesKey)
    .map((method) =>
      mistake(
        "ENTITY_KEYS_DIFFER",
        method.at(GENERATOR),
        `entity method "${method.fullName}" makes a key of one text, but "${keyed.fullName}" has the key ${joined(keyFieldsOf(keyed.desc.input))}; they would never meet one entity.`,
        "Mark one string field as the key in the input of the entity's other methods.",
      ),
    );
};

const misplaced = ({ methods, kind }: DeclaredService): readonly Mistake[] =>
  methods
    .filter(generatesKey)
    .map((method) =>
      mistake(
        "KEY_GENERATOR_MISPLACED",
        method.at(GENERATOR),
        `method "${method.fullName}" has a key_generator, but its service is of kind ${kind}.`,
        "Move the option to the method of the entity that creates it.",
      ),
    );

/** Methods of an entity are unary, carry its key, all of one shape, and have no eventing. */
export const entityMethodsRule: Rule = (contract) =>
  contract.services.flatMap((service) => {
    if (service.kind === undefined) return [];
    if (service.kind !== "entity") return misplaced(service);
    return [
      ...serviceEventing(service),
      ...service.methods.flatMap((method) => [
        ...streams(method),
        ...withoutKey(method, contract),
        ...keyTwice(method, contract),
        ...withEventing(method),
      ]),
      ...keysDiffer(service, contract),
      ...cannotMeet(service, contract),
    ];
  });
