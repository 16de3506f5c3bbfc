import { readFileSync } from "node:fs";
import { Heartbeat } from "../gen/presence/v1/presence.ts";
import { userPresenceHeartbeat } from "../heartbeat-svc/user-presence-heartbeat.ts";
import type { ReplicatedRegister } from "../runtime/component/replicated-register.ts";
import { compileContract } from "../runtime/contract/compile.ts";
import type { EntityModel, ServiceModel } from "../runtime/contract/model.ts";
import type { MessageType } from "../runtime/ports.ts";
import { type LeaseRules, leaseRules } from "../runtime/replicated/lease-rules.ts";

/** The register under test: heartbeat-svc's own, as it is bound in a running service. */
export type RegisterModel = {
  readonly component: ReplicatedRegister;
  readonly service: ServiceModel;
  readonly entity: EntityModel;
  readonly value: MessageType<Heartbeat>;
  readonly forgets: boolean;
};

/** As the live profile, with less room for wishes, so that a run covers several leases in little time. */
export const simulatedProfile = { leaseMs: 25_000, minLeaseMs: 10_000, maxLeaseMs: 40_000 };

/** The service's rules, but for the daily round, which comes every minute. */
export const simulatedRules: LeaseRules = { ...leaseRules, refreshEveryMs: 60_000 };

/** Devices that are offline are forgotten after seconds, and tombstones leave memory soon after, in runs that ask for it. */
export const forgetting = { afterMs: 3000, tombstonesKeptMs: 5000, refreshEveryMs: 2000 };

export const readRegisterModel = (forgetAfterMs?: number): RegisterModel => {
  const { model } = compileContract(readFileSync(new URL("../gen/descriptors.binpb", import.meta.url)));
  const component = userPresenceHeartbeat(simulatedProfile, forgetAfterMs);
  const service = model.services.get(component.definition.fullName);
  const entity = model.entities.get(service?.component ?? "");
  if (service === undefined || entity?.state === undefined) {
    throw new Error("the descriptor set has no heartbeat register");
  }
  const value = { ...Heartbeat, name: entity.state.typeName, schema: entity.state };
  return { component, service, entity, value, forgets: forgetAfterMs !== undefined };
};
