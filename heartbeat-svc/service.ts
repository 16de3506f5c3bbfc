import type { Application } from "../runtime/component/application.ts";
import type { Config } from "../runtime/config.ts";
import { type LeaseProfile, leaseProfiles } from "../runtime/replicated/lease-profile.ts";
import { heartbeatEvents } from "./heartbeat-events.ts";
import { userPresenceHeartbeat } from "./user-presence-heartbeat.ts";

export type HeartbeatOptions = {
  /** How often devices beat, and how long a beat holds them; the same on all replicas. */
  readonly profile?: LeaseProfile;
  /** A device that has been offline for so long is forgotten: its next heartbeat is its first one. */
  readonly forgetAfterMs?: number;
};

const dayMs = 24 * 3_600_000;

/** The heartbeats service, for any way of running. */
export const heartbeatService = (
  descriptors: Uint8Array,
  { profile = leaseProfiles.default, forgetAfterMs = 30 * dayMs }: HeartbeatOptions = {},
): Application => ({
  name: "heartbeat-svc",
  descriptors,
  components: [userPresenceHeartbeat(profile, forgetAfterMs), heartbeatEvents],
  topics: { heartbeats: "compact" },
});

/** What the environment says of it; 0 days is never. */
export const heartbeatOptions = ({ leaseProfile, forgetAfterDays }: Config): HeartbeatOptions => ({
  profile: leaseProfiles[leaseProfile],
  forgetAfterMs: forgetAfterDays === 0 ? Number.POSITIVE_INFINITY : forgetAfterDays * dayMs,
});
