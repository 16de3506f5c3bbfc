import { mistake } from "../codes.ts";
import type { DeclaredMethod, Rule } from "../declared.ts";
import type { Mistake } from "../mistake.ts";
import { textAt } from "../options.ts";
import { ownTopics } from "../topic-names.ts";

const IN = "method.eventing.in.topic";
const OUT = "method.eventing.out.topic";

// Kafka's own rule; 249 leaves room for what brokers append to a folder's name.
const legal = /^[a-zA-Z0-9._-]{1,249}$/;
const template = /\$\{[A-Za-z_][A-Za-z0-9_]*\}/g;

const isLegal = (name: string): boolean => legal.test(name.replace(template, "x")) && name !== "." && name !== "..";

const check = (method: DeclaredMethod, option: string): readonly Mistake[] => {
  const name = textAt(method.options, option);
  if (name?.startsWith(ownTopics)) {
    const text = `method "${method.fullName}" names the topic "${name}"; those that begin with ${ownTopics} are Rollcall's own.`;
    const remedy = "Name another topic; changes of entities come with value_entity or event_sourced_entity.";
    return [mistake("TOPIC_INVALID", method.at(option), text, remedy)];
  }
  if (name === undefined || isLegal(name)) return [];
  if (name === "") {
    const text = `method "${method.fullName}" names a topic with an empty name.`;
    return [mistake("TOPIC_EMPTY", method.at(option), text, "Write the topic's name.")];
  }
  return [
    mistake(
      "TOPIC_INVALID",
      method.at(option),
      `method "${method.fullName}" names the topic "${name}", which Kafka would refuse.`,
      "Use letters, digits, dots, underscores and hyphens, at most 249 of them, and not . or .. alone.",
    ),
  ];
};

const loop = (method: DeclaredMethod): readonly Mistake[] => {
  const name = textAt(method.options, OUT);
  if (name === undefined || name === "" || name !== textAt(method.options, IN)) return [];
  return [
    mistake(
      "TOPIC_LOOP",
      method.at(OUT),
      `method "${method.fullName}" publishes to topic "${name}", which it consumes: every message would come back.`,
      "Publish to another topic.",
    ),
  ];
};

/** Topics have names that Kafka takes, and no method feeds itself. */
export const topicsRule: Rule = ({ services }) =>
  services.flatMap(({ methods }) =>
    methods.flatMap((method) => [...check(method, IN), ...check(method, OUT), ...loop(method)]),
  );
