import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { mistake } from "../codes.ts";
import type { DeclaredHttp, Rule } from "../declared.ts";
import type { Mistake } from "../mistake.ts";
import { trimmedField } from "../trimmed.ts";
import { didYouMean } from "../type-names.ts";
import { isTemplate, variablesOf } from "./path-template.ts";
import { repeated } from "./repeated.ts";

/** What follows `custom.kind`: a verb as it is sent, of which case counts. */
const verb = /^(?:[A-Z][A-Z-]*|\*)$/;

const fieldAt = (message: DescMessage | undefined, [name, ...rest]: readonly string[]): DescField | undefined => {
  const field = message?.fields.find((each) => each.name === name);
  return rest.length === 0 || field?.fieldKind !== "message"
    ? rest.length === 0
      ? field
      : undefined
    : fieldAt(field.message, rest);
};

const namesOf = (message: DescMessage): readonly string[] => message.fields.map((field) => field.name);

const variables = (rule: DeclaredHttp): readonly Mistake[] =>
  variablesOf(rule.path).flatMap((variable) => {
    const { input } = rule.method;
    const field = fieldAt(input, variable.split("."));
    if (field?.fieldKind === "scalar" || field?.fieldKind === "enum") return [];
    const what = field ? `is no single value in "${input.typeName}"` : `is no field of "${input.typeName}"`;
    return [
      mistake(
        "HTTP_PATH_VARIABLE",
        rule.at(),
        `the HTTP path of "${rule.methodName}" has the variable {${variable}}, which ${what}.`,
        `${field ? "" : didYouMean(variable, namesOf(input))}Name a scalar field of the input, or a.b for one inside a message.`,
      ),
    ];
  });

const twice = (rule: DeclaredHttp): readonly Mistake[] =>
  repeated(variablesOf(rule.path), (name) => name).map(({ item }) =>
    mistake(
      "HTTP_PATH_VARIABLE",
      rule.at(),
      `the HTTP path of "${rule.methodName}" has the variable {${item}} twice, and only one value can be meant.`,
      "Name another field in one of the two places.",
    ),
  );

const bodies = (rule: DeclaredHttp): readonly Mistake[] => {
  const check = (part: "body" | "response_body", name = "", message: DescMessage): readonly Mistake[] =>
    name === "" || (name === "*" && part === "body") || fieldAt(message, [name])
      ? []
      : [
          mistake(
            "HTTP_BODY_FIELD",
            rule.at(part),
            `the ${part} of "${rule.methodName}" is "${name}", which is no field of "${message.typeName}".`,
            `${didYouMean(name, namesOf(message))}Name a field, or ${part === "body" ? `"*" for all that the path does not take` : "leave it out for the whole response"}.`,
          ),
        ];
  return [
    ...check("body", rule.body, rule.method.input),
    ...check("response_body", rule.responseBody, rule.method.output),
  ];
};

/** One field of each message of a stream is more than Envoy can be made to answer. */
const trimmed = (rule: DeclaredHttp): readonly Mistake[] => {
  const { responseBody, methodName, method } = rule;
  if (method.methodKind === "unary" || trimmedField(method, rule) === undefined) return [];
  return [
    mistake(
      "NOT_SUPPORTED_YET",
      rule.at("response_body"),
      `the response_body of "${methodName}" is "${responseBody}" of each message of a stream; that is not supported yet.`,
      "Take it out, so that the whole response is answered.",
    ),
  ];
};

const check = (rule: DeclaredHttp): readonly Mistake[] => {
  if (rule.verb === "" || !isTemplate(rule.path)) {
    const text = `the HTTP rule of "${rule.methodName}" has ${rule.path === "" ? "no path" : `the path "${rule.path}"`}.`;
    const remedy =
      'Write a verb and a path such as get: "/users/{user_id}:find". Between slashes stands a word, *, ** or a whole {variable}; behind ** there are only words.';
    return [mistake("HTTP_PATH_INVALID", rule.at(), text, remedy)];
  }
  const found = [...variables(rule), ...twice(rule), ...bodies(rule), ...trimmed(rule)];
  if (!verb.test(rule.verb)) {
    const text = `the HTTP rule of "${rule.methodName}" is for the verb "${rule.verb}", which no client sends.`;
    found.push(mistake("HTTP_VERB_INVALID", rule.at(), text, 'Write the verb in capitals, or "*" for any.'));
  }
  if (rule.verb === "GET" && rule.body !== "") {
    const text = `"${rule.methodName}" has a body on GET, which has none.`;
    found.push(mistake("HTTP_BODY_ON_GET", rule.at("body"), text, "Remove body, or use post, put or patch."));
  }
  if (rule.isNested) {
    const text = `an additional binding of "${rule.methodName}" has additional bindings, which have no effect.`;
    const remedy = "Put them beside it, in the rule of the method.";
    found.push(mistake("HTTP_BINDINGS_NESTED", rule.at("additional_bindings"), text, remedy));
  }
  return found;
};

/** HTTP rules name fields that exist. */
export const httpRule: Rule = ({ http }) => http.flatMap(check);
