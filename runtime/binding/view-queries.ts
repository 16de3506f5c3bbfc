import type { View } from "../component/view.ts";
import type { ServiceModel } from "../contract/model.ts";
import type { Endpoint } from "../grpc/endpoint.ts";
import { type BoundMethod, type BoundService, messageTypes } from "./method.ts";

/** The unary queries of a view, as other components of the application call them. */
export const queriesOf = (endpoints: readonly Endpoint[], component: View, service: ServiceModel): BoundService =>
  new Map(
    service.methods.flatMap((model): [string, BoundMethod][] => {
      const endpoint = endpoints.find(({ path }) => path === model.path);
      if (endpoint?.shape !== "unary") return [];
      const run: BoundMethod["run"] = ({ context }, command) => endpoint.handle(command, context);
      return [[model.handler, { model, service, run, ...messageTypes(component.definition, model) }]];
    }),
  );
