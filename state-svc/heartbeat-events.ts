import {
  PresenceHeartbeatEventServiceDefinition,
  PresenceStateServiceDefinition,
} from "../gen/presence/state/v1/state_api.ts";
import { action } from "../runtime/component/action.ts";
import { ignore, reply } from "../runtime/component/effects.ts";

/** Takes the changes from topic `heartbeats` to the state of the device, and that to topic `users`. */
export const heartbeatEvents = action(
  PresenceHeartbeatEventServiceDefinition,
  { userPresence: PresenceStateServiceDefinition },
  ({ userPresence }) => ({
    async heartbeatEvent(heartbeat) {
      const state = await userPresence.togglePresence(heartbeat);
      // An overtaken heartbeat tells nobody anything new; a repeated one sends its state again.
      return heartbeat.version === 0n || heartbeat.version === state.version ? reply(state) : ignore();
    },
  }),
);
