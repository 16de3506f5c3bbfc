import type { Application } from "../runtime/component/application.ts";
import { heartbeatEvents } from "./heartbeat-events.ts";
import { userPresence } from "./user-presence.ts";

/** The user state service, for any way of running. */
export const stateService = (descriptors: Uint8Array): Application => ({
  name: "state-svc",
  descriptors,
  components: [userPresence, heartbeatEvents],
  topics: { heartbeats: "compact", users: "compact" },
  accepts: { "com.example.demo.presence.domain.Heartbeat": "presence.v1.Heartbeat" },
});
