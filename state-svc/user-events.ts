import {
  PresenceUserEventServiceDefinition,
  PresenceUserServiceDefinition,
  type UserChange,
} from "../gen/presence/state/v1/state_api.ts";
import { UserStatus } from "../gen/presence/v1/presence.ts";
import { action } from "../runtime/component/action.ts";
import { ignore, reply, tombstone } from "../runtime/component/effects.ts";
import { forgottenDevice } from "./forgotten-device.ts";

/** Takes the changes of devices from topic `users` to their user, and changes of the user to topic `presence`. */
export const userEvents = action(
  PresenceUserEventServiceDefinition,
  { user: PresenceUserServiceDefinition },
  ({ user }, context) => ({
    userEvent: async (device) => told(await user.changeDevice({ user_id: device.user_id, device })),
    userEventForgotten: async () => told(await user.loseDevice(forgottenDevice(context))),
    userDue: async (command) => told(await user.settleUser(command)),
  }),
);

const told = ({ status = UserStatus.create(), is_modified, is_gone }: UserChange) => {
  if (is_gone) return tombstone(status);
  return is_modified ? reply(status) : ignore();
};
