import {
  PresenceHeartbeatCommandServiceDefinition,
  PresenceHeartbeatEventServiceDefinition,
} from "../gen/presence/heartbeat/v1/heartbeat_api.ts";
import { action } from "../runtime/component/action.ts";
import { forward, reply } from "../runtime/component/effects.ts";

/** Takes the heartbeats of devices, and sends on to topic `heartbeats` those that change something. */
export const heartbeatEvents = action(
  PresenceHeartbeatEventServiceDefinition,
  { userPresenceHeartbeat: PresenceHeartbeatCommandServiceDefinition },
  ({ userPresenceHeartbeat }) => ({
    async heartbeatEvent(command) {
      const heartbeat = await userPresenceHeartbeat.heartbeat(command);
      return heartbeat.is_modified ? forward("heartbeatEventToKafka", heartbeat) : reply(heartbeat);
    },
    heartbeatEventToKafka: (heartbeat) => reply(heartbeat),
  }),
);
