import type { MethodModel, Model } from "./model.ts";

/** All methods of a model by their gRPC paths, `/package.Service/Method`. */
export const methodsByPath = ({ services }: Pick<Model, "services">): ReadonlyMap<string, MethodModel> =>
  new Map([...services.values()].flatMap(({ methods }) => methods.map((method) => [method.path, method])));
