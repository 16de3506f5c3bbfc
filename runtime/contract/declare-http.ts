import type { DescMethod } from "@bufbuild/protobuf";
import type { Annotated } from "./annotations.ts";
import type { DeclaredHttp } from "./declared.ts";
import { listAt, textAt, treeAt } from "./options.ts";

const verbs = ["get", "put", "post", "delete", "patch"] as const;

const verbAndPath = (options: Annotated["options"], rule: string) => {
  for (const verb of verbs) {
    const path = textAt(options, `${rule}.${verb}`);
    if (path !== undefined) return { verb: verb.toUpperCase(), path, part: verb };
  }
  const custom = textAt(options, `${rule}.custom.kind`) ?? "";
  return { verb: custom, path: textAt(options, `${rule}.custom.path`) ?? "", part: "custom" };
};

const ruleAt = (method: DescMethod, methodName: string, { options, at }: Annotated, rule: string): DeclaredHttp => {
  const { verb, path, part } = verbAndPath(options, rule);
  return {
    method,
    methodName,
    verb,
    path,
    body: textAt(options, `${rule}.body`) ?? "",
    responseBody: textAt(options, `${rule}.response_body`) || undefined,
    isNested: rule !== "http" && listAt(options, `${rule}.additional_bindings`).length > 0,
    at: (wanted = part) => at(`${rule}.${wanted}`),
  };
};

/** The HTTP rules of a method: that of `google.api.http`, then its additional bindings. */
export const httpRulesOf = (method: DescMethod, methodName: string, annotated: Annotated): readonly DeclaredHttp[] => {
  if (treeAt(annotated.options, "http") === undefined) return [];
  const more = listAt(annotated.options, "http.additional_bindings").map((_, i) => `http.additional_bindings.${i}`);
  return ["http", ...more].map((rule) => ruleAt(method, methodName, annotated, rule));
};
