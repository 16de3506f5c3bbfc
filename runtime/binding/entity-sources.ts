import type { Application } from "../component/application.ts";
import type { EntityModel, EventSource, Model } from "../contract/model.ts";
import { changesTopic } from "../entity/entity-changes.ts";

/** The topic that a source is read from. */
export const topicOfSource = ({ kind, name }: EventSource): string => (kind === "topic" ? name : changesTopic(name));

/** Whether some service of the descriptor set, or one elsewhere, consumes the changes of an entity. */
export const publishesChanges = (app: Application, model: Model, { entityType }: EntityModel): boolean =>
  (app.publishesChangesOf ?? []).includes(entityType) ||
  [...model.services.values()].some(({ methods }) =>
    methods.some(({ source }) => source !== undefined && source.kind !== "topic" && source.name === entityType),
  );
