import { publishesChanges } from "./binding/entity-sources.ts";
import type { Application, Component } from "./component/application.ts";
import { compileContract } from "./contract/compile.ts";
import type { ServiceModel } from "./contract/model.ts";

/** Which engines an application works with; the others are not opened for it. */
export type Needs = {
  /** For replicated entities, topics, views, and entities whose changes are consumed. */
  readonly bus: boolean;
  /** For stored entities, those that are consumed from elsewhere, and views. */
  readonly store: boolean;
};

/** What an application needs of its way of running, from its components and their annotations. */
export const needsOf = (app: Application): Needs => {
  const { components } = app;
  const { model } = compileContract(app.descriptors);
  const is = (...kinds: readonly Component["kind"][]): boolean => components.some(({ kind }) => kinds.includes(kind));
  const services = components.flatMap(({ definition }) => model.services.get(definition.fullName) ?? []);
  const methods = services.flatMap((service) => service.methods);
  const isTold = ({ component }: ServiceModel): boolean => {
    const entity = model.entities.get(component ?? "");
    return entity !== undefined && publishesChanges(app, model, entity);
  };
  const speaks = methods.some(({ source, destination }) => source !== undefined || destination !== undefined);
  const scans = methods.some(({ source }) => source !== undefined && source.kind !== "topic");
  return {
    bus: speaks || is("replicated_register", "replicated_entity", "view") || services.some(isTold),
    store: scans || is("value_entity", "event_sourced_entity", "view"),
  };
};
