import type { Application } from "../component/application.ts";
import type { EntityModel, EventSource, MethodModel, Model } from "../contract/model.ts";
import { changesTopic } from "../entity/entity-changes.ts";
import { MeshError } from "../errors.ts";
import type { ScannedSource } from "../eventing/scanned.ts";
import { anyType } from "../eventing/taker.ts";
import type { EntityType, MessageType } from "../ports.ts";

/** The topic that a source is read from. */
export const topicOfSource = ({ kind, name }: EventSource): string => (kind === "topic" ? name : changesTopic(name));

/** Whether some service of the descriptor set, or one elsewhere, consumes the changes of an entity. */
export const publishesChanges = (app: Application, model: Model, { entityType }: EntityModel): boolean =>
  (app.publishesChangesOf ?? []).includes(entityType) ||
  [...model.services.values()].some(({ methods }) =>
    methods.some(({ source }) => source !== undefined && source.kind !== "topic" && source.name === entityType),
  );

/**
 * The entities among the sources of a consumer's methods; `typeOf` gives the type a method takes, `stored` has the value
 * entities of this application. Throws INVALID_CONTRACT where nothing tells how the states of one are read.
 */
export const scansOf = (
  methods: readonly MethodModel[],
  typeOf: (method: MethodModel) => MessageType | undefined,
  stored: readonly EntityType[],
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
    if (ignores || handlesDeletes) continue;
    const state = method.input.typeName === anyType ? stateOf(entityType, methods, typeOf, stored) : typeOf(method);
    if (state !== undefined) scans.set(`${source.kind}/${entityType}`, { kind: source.kind, entityType, state });
  }
  return [...scans.values()];
};

/** A method that takes everything does not tell what there is. */
const stateOf = (
  entityType: string,
  methods: readonly MethodModel[],
  typeOf: (method: MethodModel) => MessageType | undefined,
  stored: readonly EntityType[],
): MessageType => {
  const other = methods.find(
    ({ source, input, ignores, handlesDeletes }) =>
      source?.name === entityType && input.typeName !== anyType && !ignores && !handlesDeletes,
  );
  const state = stored.find(({ name }) => name === entityType)?.state ?? (other && typeOf(other));
  if (state !== undefined) return state;
  throw new MeshError(
    "INVALID_CONTRACT",
    `a consumer takes ${anyType} from value entity "${entityType}", which is none of this application; let a method of it take the entity's state`,
  );
};
