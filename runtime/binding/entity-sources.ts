import type { Application } from "../component/application.ts";
import type { EntityModel, EventSource, MethodModel, Model } from "../contract/model.ts";
import { changesTopic } from "../entity/entity-changes.ts";
import type { ScannedSource } from "../eventing/scanned.ts";
import type { MessageType } from "../ports.ts";

/** The topic that a source is read from. */
export const topicOfSource = ({ kind, name }: EventSource): string => (kind === "topic" ? name : changesTopic(name));

/** Whether some service of the descriptor set, or one elsewhere, consumes the changes of an entity. */
export const publishesChanges = (app: Application, model: Model, { entityType }: EntityModel): boolean =>
  (app.publishesChangesOf ?? []).includes(entityType) ||
  [...model.services.values()].some(({ methods }) =>
    methods.some(({ source }) => source !== undefined && source.kind !== "topic" && source.name === entityType),
  );

/** The entities among the sources of a consumer's methods; `typeOf` gives the type a method takes. */
export const scansOf = (
  methods: readonly MethodModel[],
  typeOf: (method: MethodModel) => MessageType | undefined,
): readonly ScannedSource[] => {
  const scans = new Map<string, ScannedSource>();
  for (const method of methods) {
    const { source, ignores, handlesDeletes } = method;
    if (source === undefined || source.kind === "topic") continue;
    const entityType = source.name;
    if (source.kind === "event_sourced_entity") {
      scans.set(`${source.kind}/${entityType}`, { kind: source.kind, entityType });
      continue;
    }
    const state = ignores || handlesDeletes ? undefined : typeOf(method);
    if (state !== undefined) scans.set(`${source.kind}/${entityType}`, { kind: source.kind, entityType, state });
  }
  return [...scans.values()];
};
