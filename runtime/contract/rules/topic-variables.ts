import { mistake } from "../codes.ts";
import type { Contract, DeclaredMethod } from "../declared.ts";
import type { Mistake } from "../mistake.ts";
import { textAt } from "../options.ts";
import { variablesIn } from "../topic-names.ts";

const check = (method: DeclaredMethod, option: string): readonly Mistake[] => {
  const name = textAt(method.options, option) ?? "";
  return variablesIn(name).map((variable) =>
    mistake(
      "TOPIC_VARIABLE_UNSET",
      method.at(option),
      `method "${method.fullName}" names the topic "${name}", and the variable ${variable} is not set.`,
      `Set ${variable} in the environment of the service.`,
    ),
  );
};

/** What is left of the variables in the names of topics, when the environment is known. */
export const topicVariables = ({ services }: Contract, serves: readonly string[] | undefined): readonly Mistake[] =>
  services
    .filter(({ desc }) => serves === undefined || serves.includes(desc.typeName))
    .flatMap(({ methods }) =>
      methods.flatMap((method) => [
        ...check(method, "method.eventing.in.topic"),
        ...check(method, "method.eventing.out.topic"),
      ]),
    );
