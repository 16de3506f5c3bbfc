import type { ReplicatedEntity } from "../component/replicated-entity.ts";
import type { EntityModel, ServiceModel } from "../contract/model.ts";
import { MeshError } from "../errors.ts";
import type { Voters } from "../replicated/data/vote-data.ts";
import { createDataEntities, type DataEntities } from "../replicated/data-entities.ts";
import type { FollowedOptions } from "../replicated/followed-entities.ts";
import { createReplicaRoll, type ReplicaRoll } from "../replicated/replica-roll.ts";

/** The host of a replicated entity's keys. Throws INVALID_CONTRACT where code and contract declare different types. */
export const bindData = (
  component: ReplicatedEntity,
  service: ServiceModel,
  entity: EntityModel,
  options: FollowedOptions,
): DataEntities => {
  const { entityType: type } = entity;
  requireSameTypes(component, entity);
  const roll =
    component.data === "replicated_vote"
      ? createReplicaRoll({ ...options, topic: `_rollcall.replicas.${type}` })
      : undefined;
  const voters = votersOf(roll);
  return createDataEntities({
    ...options,
    type,
    kind: component.data,
    source: service.fullName,
    logTopic: `_rollcall.replicated.${type}`,
    open: (tree, writer) => component.open(tree, writer, voters()),
    roll,
  });
};

const nobody: Voters = { self: "", all: new Set() };

const votersOf =
  (roll: ReplicaRoll | undefined): (() => Voters) =>
  () =>
    roll === undefined ? nobody : { self: roll.self, all: roll.present() };

const requireSameTypes = ({ definition, types }: ReplicatedEntity, { fullName, scalars }: EntityModel): void => {
  const problems = Object.entries(scalars).flatMap(([option, declared]) => {
    const type = types[option];
    const inCode = typeof type === "string" ? type : undefined;
    if (inCode === declared) return [];
    return [
      `${option} of ${fullName} is declared as ${declared ?? "a message"}, and is ${inCode ?? "a message"} in the code`,
    ];
  });
  if (problems.length === 0) return;
  throw new MeshError("INVALID_CONTRACT", `${definition.fullName}: ${problems.join("; ")}; make the two agree`);
};
