import type { EventSourcedEntity } from "../component/event-sourced-entity.ts";
import type { ReplicatedEntity } from "../component/replicated-entity.ts";
import type { ReplicatedRegister } from "../component/replicated-register.ts";
import type { ValueEntity } from "../component/value-entity.ts";
import type { ServiceModel } from "../contract/model.ts";
import type { EntityHost } from "../entity/host.ts";
import { MeshError } from "../errors.ts";
import type { Answering, Answers } from "./answers.ts";
import { type BoundMethod, type BoundService, messageTypes } from "./method.ts";

/** The methods of an entity service, over the host that keeps its entities. */
export const bindEntity = (
  component: ValueEntity | EventSourcedEntity | ReplicatedRegister | ReplicatedEntity,
  service: ServiceModel,
  host: EntityHost,
  answers: Answers,
): BoundService => {
  const methods: BoundService = new Map(
    service.methods.map((model): [string, BoundMethod] => {
      const handler = component.handlers[model.handler];
      if (handler === undefined) {
        throw new MeshError(
          "MISSING_HANDLER",
          `${service.fullName} has no handler "${model.handler}" for its method ${model.name}`,
        );
      }
      const { keyFields, generatesKey } = model;
      const entity = { host, handler, keyFields, generatesKey };
      const of: Answering = { path: model.path, emptyState: host.emptyState, own: (name) => methods.get(name) };
      const run: BoundMethod["run"] = (unit, command) => {
        const effect = unit.command(entity, command);
        return effect instanceof Promise
          ? effect.then((settled) => answers(unit, settled, of))
          : answers(unit, effect, of);
      };
      return [model.handler, { model, service, run, ...messageTypes(component.definition, model) }];
    }),
  );
  return methods;
};
