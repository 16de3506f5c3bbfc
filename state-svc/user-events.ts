import {
  PresenceUserEventServiceDefinition,
  PresenceUserServiceDefinition,
  type UserChange,
} from "../gen/presence/state/v1/state_api.ts";
import { UserStatus } from "../gen/presence/v1/presence.ts";
import { action } from "../runtime/component/action.ts";
import { ignore, reply } from "../runtime/component/effects.ts";

/** Takes the changes of devices from topic `users` to their user, and changes of the user to topic `presence`. */
export const userEvents = action(
  PresenceUserEventServiceDefinition,
  { user: PresenceUserServiceDefinition },
  ({ user }) => ({
    userEvent: async (device) => told(await user.changeDevice({ user_id: device.user_id, device })),
    userDue: async (command) => told(await user.settleUser(command)),
  }),
);

const told = ({ status, is_modified }: UserChange) => (is_modified ? reply(status ?? UserStatus.create()) : ignore());
