import type { MethodModel, Model, ServiceModel, ViewQuery } from "../runtime/contract/model.ts";
import { closest, didYouMean } from "../runtime/view/suggest.ts";
import { BadCall } from "./bad-call.ts";

export type FoundQuery = { readonly service: ServiceModel; readonly method: MethodModel; readonly query: ViewQuery };
type Named = FoundQuery & { readonly fullName: string };

/**
 * The query of a view by its full name or by the end of it, such as `Service.Query`. Throws `BadCall` with all that
 * there are when none has the name, or several have.
 */
export const findQuery = ({ services }: Model, name: string): FoundQuery => {
  const all: Named[] = [...services.values()].flatMap((service) =>
    service.methods.flatMap((method) =>
      method.query === undefined
        ? []
        : [{ service, method, query: method.query, fullName: `${service.fullName}.${method.name}` }],
    ),
  );
  const matching = all.filter(({ fullName }) => fullName === name || fullName.endsWith(`.${name}`));
  const [only] = matching;
  if (only !== undefined && matching.length === 1) return only;
  if (all.length === 0) throw new BadCall("these protos have no view query");
  if (matching.length > 1) throw new BadCall(`several queries are called "${name}":${listOf(matching)}`);
  const spellings = all.flatMap(({ service, method, fullName }) => [
    fullName,
    `${service.desc.name}.${method.name}`,
    method.name,
  ]);
  const remedy = didYouMean(closest(name, spellings), "give one of these.");
  throw new BadCall(`there is no query "${name}"; ${remedy} There is:${listOf(all)}`);
};

const listOf = (queries: readonly Named[]): string => queries.map(({ fullName }) => `\n  ${fullName}`).join("");
