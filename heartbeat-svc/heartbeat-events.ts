import {
  PresenceHeartbeatCommandServiceDefinition,
  PresenceHeartbeatEventServiceDefinition,
} from "../gen/presence/heartbeat/v1/heartbeat_api.ts";
import { action } from "../runtime/component/action.ts";
import { error, forward, reply } from "../runtime/component/effects.ts";
import { Status } from "../runtime/status.ts";
import { profileProblem } from "./profile.ts";

/** Takes the heartbeats of devices, and sends on to topic `heartbeats` those that change something. */
export const heartbeatEvents = action(
  PresenceHeartbeatEventServiceDefinition,
  { userPresenceHeartbeat: PresenceHeartbeatCommandServiceDefinition },
  ({ userPresenceHeartbeat }) => ({
    async heartbeatEvent(command) {
      const problem = profileProblem(command.profile);
      if (problem !== undefined) {
        return error(Status.INVALID_ARGUMENT, `profile ${problem}`, [{ field: "profile", description: problem }]);
      }
      const heartbeat = await userPresenceHeartbeat.heartbeat(command);
      return heartbeat.is_modified ? forward("heartbeatEventToKafka", heartbeat) : reply(heartbeat);
    },
    heartbeatEventToKafka: (heartbeat) => reply(heartbeat),
  }),
);
