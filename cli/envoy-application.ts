import type { EnvoyApplication } from "../engines/envoy/application.ts";
import type { Application } from "../runtime/component/application.ts";
import type { MethodModel, Model, ServiceModel } from "../runtime/contract/model.ts";

/** What Envoy has to know of an application that serves on a port. */
export const envoyApplication = ({ components }: Application, model: Model, port: number): EnvoyApplication => {
  const services = servicesOf(components, model);
  const exposed = exposedMethods(services);
  return {
    port,
    services: services
      .filter(({ methods }) => methods.some(({ isExposed }) => isExposed))
      .map(({ fullName }) => fullName),
    streamed: exposed
      .filter(({ shape }) => shape !== "unary")
      .map((method) => ({ path: method.path, silenceSeconds: silenceOf(method) })),
  };
};

const servicesOf = (components: Application["components"], model: Model): readonly ServiceModel[] =>
  components.flatMap(({ definition }) => model.services.get(definition.fullName) ?? []);

const exposedMethods = (services: readonly ServiceModel[]): readonly MethodModel[] =>
  services.flatMap(({ methods }) => methods.filter(({ isExposed }) => isExposed));

/** The methods of an application that can be called. */
export const callableMethods = ({ components }: Application, model: Model): readonly MethodModel[] =>
  exposedMethods(servicesOf(components, model));

/** As for the three services: a result that is read, a live query, a stream of somebody's commands. */
const silenceOf = ({ query }: MethodModel): number => {
  if (query === undefined) return 900;
  return query.streamUpdates ? 3600 : 30;
};
