import { mistake } from "../codes.ts";
import type { DeclaredMethod, Rule } from "../declared.ts";
import type { Mistake } from "../mistake.ts";
import { treeAt } from "../options.ts";

const EVENTING = "method.eventing";
const IN = `${EVENTING}.in`;
const OUT = `${EVENTING}.out`;

/** Options of `eventing.in` that name no source by themselves. */
const modifiers: ReadonlySet<string> = new Set(["consumer_group", "ignore", "ignore_unknown", "handle_deletes"]);

const source = ({ options, at, fullName }: DeclaredMethod): readonly Mistake[] => {
  const set = treeAt(options, IN);
  if (set === undefined || Object.keys(set).some((option) => !modifiers.has(option))) return [];
  const remedy = 'Add the source, such as topic: "users".';
  return "consumer_group" in set
    ? [
        mistake(
          "CONSUMER_GROUP_WITHOUT_SOURCE",
          at(`${IN}.consumer_group`),
          `method "${fullName}" has a consumer_group, but consumes nothing.`,
          remedy,
        ),
      ]
    : [mistake("EVENT_SOURCE_MISSING", at(IN), `method "${fullName}" has eventing.in without a source.`, remedy)];
};

const destination = ({ options, at, fullName }: DeclaredMethod): readonly Mistake[] => {
  const set = treeAt(options, OUT);
  if (set === undefined || Object.keys(set).length > 0) return [];
  const text = `method "${fullName}" has eventing.out without a destination.`;
  return [mistake("EVENT_DESTINATION_MISSING", at(OUT), text, 'Add the destination, such as topic: "users".')];
};

const nothing = ({ options, at, fullName }: DeclaredMethod): readonly Mistake[] => {
  const set = treeAt(options, EVENTING);
  if (set === undefined || Object.keys(set).length > 0) return [];
  const text = `method "${fullName}" has eventing options with neither a source nor a destination.`;
  return [mistake("EVENT_SOURCE_MISSING", at(EVENTING), text, "Add in or out, or remove the option.")];
};

const streamed = ({ options, at, fullName, desc }: DeclaredMethod): readonly Mistake[] => {
  const takesStream = desc.methodKind === "client_streaming" || desc.methodKind === "bidi_streaming";
  if (!takesStream || treeAt(options, IN) === undefined) return [];
  const text = `method "${fullName}" consumes, and takes a stream.`;
  const remedy = "Let it take one message: it is called with each that comes. It may give a stream.";
  return [mistake("EVENT_SOURCE_STREAMED", at(IN), text, remedy)];
};

/** Eventing options say where messages come from and where they go. */
export const eventingRule: Rule = ({ services }) =>
  services.flatMap(({ kind, methods }) =>
    methods.flatMap((method) => [
      ...nothing(method),
      ...source(method),
      ...(kind === "action" ? streamed(method) : []),
      ...destination(method),
    ]),
  );
