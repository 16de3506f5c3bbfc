import type { Application } from "../runtime/component/application.ts";
import { type LeaseProfile, leaseProfiles } from "../runtime/replicated/lease-profile.ts";
import { heartbeatEvents } from "./heartbeat-events.ts";
import { userPresenceHeartbeat } from "./user-presence-heartbeat.ts";

export type HeartbeatOptions = {
  /** How often devices beat, and how long a beat holds them; the same on all replicas. */
  readonly profile?: LeaseProfile;
};

/** The heartbeats service, for any way of running. */
export const heartbeatService = (
  descriptors: Uint8Array,
  { profile = leaseProfiles.default }: HeartbeatOptions = {},
): Application => ({
  name: "heartbeat-svc",
  descriptors,
  components: [userPresenceHeartbeat(profile), heartbeatEvents],
  topics: { heartbeats: "compact" },
});
