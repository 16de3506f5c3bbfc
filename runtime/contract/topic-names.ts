import type { DeclaredMethod } from "./declared.ts";
import { textAt, treeAt } from "./options.ts";

/** Variables by name; `undefined` leaves names with variables in them as they are. */
export type Environment = Readonly<Record<string, string | undefined>> | undefined;

const variable = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** The name of a topic with the variables in it filled in; one that is not set stays. */
export const topicName = (name: string, environment: Environment): string =>
  name.replace(variable, (written, each: string) => {
    const value = environment?.[each];
    return value === undefined || value === "" ? written : value;
  });

/** Topics of the runtime's own: changes of entities, logs, leases. What stands in them is nobody else's matter. */
export const ownTopics = "_rollcall.";

/** The variables in a name. */
export const variablesIn = (name: string): readonly string[] =>
  [...name.matchAll(variable)].flatMap(([, each]) => each ?? []);

/** A method whose topics have the names that they have in this environment. */
export const withTopicNames = (method: DeclaredMethod, environment: Environment): DeclaredMethod => {
  if (environment === undefined) return method;
  const named = (side: "in" | "out"): DeclaredMethod["options"] => {
    const tree = treeAt(method.options, `method.eventing.${side}`);
    const topic = textAt(method.options, `method.eventing.${side}.topic`);
    if (tree === undefined || topic === undefined) return tree === undefined ? {} : { [side]: tree };
    return { [side]: { ...tree, topic: topicName(topic, environment) } };
  };
  const eventing = treeAt(method.options, "method.eventing");
  if (eventing === undefined) return method;
  const options = treeAt(method.options, "method") ?? {};
  const renamed = { ...eventing, ...named("in"), ...named("out") };
  return { ...method, options: { ...method.options, method: { ...options, eventing: renamed } } };
};
