import { protoCamelCase } from "@bufbuild/protobuf/reflect";
import { methodsByPath } from "../contract/methods-by-path.ts";
import type { HttpRule, Model } from "../contract/model.ts";
import { shapeOf, variablesOf } from "../contract/rules/path-template.ts";
import { MeshError } from "../errors.ts";
import type { ServedContext } from "../grpc/call-context.ts";
import type { Endpoint } from "../grpc/endpoint.ts";

/** Where Envoy's transcoder tells the path, and the query, of a call that came as REST. */
const originalPath = "x-envoy-original-path";

/** A path with variables: what it matches, and the names, as a query may spell them, of what it binds. */
type BoundPath = { readonly matches: RegExp; readonly names: ReadonlySet<string> };

/**
 * Endpoints that refuse a REST call whose query names what its path names as well. The transcoder takes the query's
 * value, so a path that was looked at on the way would not be the one that is meant.
 */
export const withPathsKept = (endpoints: readonly Endpoint[], model: Model): readonly Endpoint[] => {
  const methods = methodsByPath(model);
  return endpoints.map((endpoint) => {
    const paths = (methods.get(endpoint.path)?.http ?? []).map(boundPath).filter(({ names }) => names.size > 0);
    return paths.length === 0 ? endpoint : keeping(endpoint, (context) => checkQuery(paths, context));
  });
};

const keeping = (endpoint: Endpoint, check: (context: ServedContext) => void): Endpoint => {
  const handle = endpoint.handle as (input: unknown, context: ServedContext) => unknown;
  const checked = (input: unknown, context: ServedContext): unknown => {
    check(context);
    return handle(input, context);
  };
  return { ...endpoint, handle: checked } as Endpoint;
};

const boundPath = ({ path }: Pick<HttpRule, "path">): BoundPath => ({
  matches: patternOf(path),
  names: new Set(variablesOf(path).flatMap((name) => [name, protoCamelCase(name)])),
});

/** A variable and `*` are one segment, `**` any number of them. */
const patternOf = (path: string): RegExp => {
  const parts = shapeOf(path)
    .split(/(\*\*|\*)/)
    .map((part) => {
      if (part === "**") return ".*";
      return part === "*" ? "[^/]+" : part.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
    });
  return new RegExp(`^${parts.join("")}$`);
};

const checkQuery = (paths: readonly BoundPath[], context: Pick<ServedContext, "header">): void => {
  const [path = "", query] = context.header(originalPath)?.split("?", 2) ?? [];
  if (query === undefined) return;
  for (const name of new URLSearchParams(query).keys()) {
    if (!paths.some(({ matches, names }) => names.has(name) && matches.test(path))) continue;
    const description = "stands in the path and in the query; leave it out of the query";
    throw new MeshError("INVALID_FIELD", `${name} ${description}`, { fields: [{ field: name, description }] });
  }
};
