import type { Mistake } from "../contract/mistake.ts";
import type { MethodModel, Model, ServiceModel } from "../contract/model.ts";
import { compileQuery } from "./compile-query.ts";
import { contextOf } from "./context.ts";

/** All mistakes in the queries of all views, each with a caret in its query. */
export const checkViews = (model: Model): Mistake[] =>
  [...model.services.values()]
    .filter(({ kind }) => kind === "view")
    .flatMap((service) => service.methods.flatMap((method) => checkMethod(service, method)));

const checkMethod = (service: ServiceModel, method: MethodModel): Mistake[] => {
  const { query } = method;
  if (query === undefined) return [];
  const compiled = compileQuery(query.text, contextOf(service, method));
  if (compiled.kind === "ok") return [];
  return compiled.problems.map(({ code, text, remedy, offset }) => ({
    code,
    location: query.location,
    text: `query "${service.fullName}.${method.name}": ${text}.`,
    remedy: remedy.endsWith("?") ? capitalised(remedy) : `${capitalised(remedy)}.`,
    excerpt: { source: query.text, offset },
  }));
};

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
