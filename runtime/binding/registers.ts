import { randomInt, randomUUID } from "node:crypto";
import type { ReplicatedRegister } from "../component/replicated-register.ts";
import type { EntityModel, ServiceModel } from "../contract/model.ts";
import { MeshError } from "../errors.ts";
import type { MessageType } from "../ports.ts";
import type { FollowedOptions } from "../replicated/followed-entities.ts";
import type { Instant } from "../replicated/lease-protocol.ts";
import { createLeaseProtocol } from "../replicated/lease-protocol.ts";
import { leaseRules } from "../replicated/lease-rules.ts";
import { createRegisterEntities, type RegisterEntities } from "../replicated/register-entities.ts";
import { createRegisterLease, type RegisterLease } from "../replicated/register-lease.ts";

/** The host of a register's entities, with leases where the component has them. */
export const bindRegister = (
  component: ReplicatedRegister,
  service: ServiceModel,
  entity: EntityModel,
  value: MessageType,
  options: FollowedOptions,
): RegisterEntities =>
  createRegisterEntities({
    ...options,
    type: entity.entityType,
    source: service.fullName,
    value,
    emptyValue: component.emptyValue,
    logTopic: component.log ?? `_rollcall.replicated.${entity.entityType}`,
    seenVersion: component.seenVersion,
    restated: component.restated,
    lease: bindLease(component, service, entity, options),
  });

const bindLease = (
  { lease, handlers }: ReplicatedRegister,
  service: ServiceModel,
  entity: EntityModel,
  { bus, now, timers, log }: FollowedOptions,
): RegisterLease | undefined => {
  if (lease === undefined) return undefined;
  const handler = handlers[lease.handler];
  const method = service.methods.find((each) => each.handler === lease.handler);
  if (handler === undefined || method === undefined) {
    throw new MeshError(
      "MISSING_HANDLER",
      `${service.fullName} has no handler "${lease.handler}", which its lease names`,
    );
  }
  const { isHeld, command, profile, forget } = lease;
  const refreshEveryMs = Math.min(leaseRules.refreshEveryMs, forget?.afterMs ?? Number.POSITIVE_INFINITY);
  const rules = { ...leaseRules, refreshEveryMs };
  return createRegisterLease({
    topic: `_rollcall.lease.${entity.entityType}`,
    bus,
    log,
    timers,
    instant: (): Instant => ({ monotonic: timers.elapsed(), wall: now() }),
    wall: now,
    rules,
    profile,
    protocol: createLeaseProtocol({ rules, profile, replica: randomUUID(), salt: randomInt(1024) }),
    duties: { isHeld, command, handler, keyFields: method.keyFields, forget },
  });
};
