import {
  PresenceHeartbeatEventServiceDefinition,
  PresenceStateServiceDefinition,
} from "../gen/presence/state/v1/state_api.ts";
import { UserPresenceState } from "../gen/presence/v1/presence.ts";
import { action } from "../runtime/component/action.ts";
import { ignore, reply, tombstone } from "../runtime/component/effects.ts";
import { forgottenDevice } from "./forgotten-device.ts";

/** Takes the changes from topic `heartbeats` to the state of the device, and that to topic `users`. */
export const heartbeatEvents = action(
  PresenceHeartbeatEventServiceDefinition,
  { userPresence: PresenceStateServiceDefinition },
  ({ userPresence }, context) => ({
    async heartbeatEvent(heartbeat) {
      const state = await userPresence.togglePresence(heartbeat);
      // An overtaken heartbeat tells nobody anything new; a repeated one sends its state again.
      return heartbeat.version === 0n || heartbeat.version === state.version ? reply(state) : ignore();
    },
    async heartbeatForgotten() {
      const device = forgottenDevice(context);
      const { is_forgotten } = await userPresence.forgetDevice(device);
      return is_forgotten ? tombstone(UserPresenceState.fromPartial(device)) : ignore();
    },
  }),
);
