import type { Application } from "../runtime/component/application.ts";
import { heartbeatEvents } from "./heartbeat-events.ts";
import { userPresenceHeartbeat } from "./user-presence-heartbeat.ts";

/** The heartbeats service, for any way of running. */
export const heartbeatService = (descriptors: Uint8Array): Application => ({
  name: "heartbeat-svc",
  descriptors,
  components: [userPresenceHeartbeat, heartbeatEvents],
  topics: { heartbeats: "compact" },
});
