import type { Application } from "../runtime/component/application.ts";
import { heartbeatEvents } from "./heartbeat-events.ts";
import { userEvents } from "./user-events.ts";
import { userPresence } from "./user-presence.ts";
import { userStatus } from "./user-status.ts";

export type StateOptions = {
  /** How long a user whose last device has said that it leaves is still shown online. */
  readonly graceMs?: number;
};

/** The user state service, for any way of running. */
export const stateService = (descriptors: Uint8Array, { graceMs }: StateOptions = {}): Application => ({
  name: "state-svc",
  descriptors,
  components: [userPresence, heartbeatEvents, userStatus(graceMs), userEvents],
  topics: { heartbeats: "compact", users: "compact", presence: "compact" },
  accepts: {
    "com.example.demo.presence.domain.Heartbeat": "presence.v1.Heartbeat",
    "com.example.demo.presence.domain.UserPresenceState": "presence.v1.UserPresenceState",
  },
});
