import { UserStatus } from "../gen/presence/v1/presence.ts";
import {
  type FoundUser,
  PresenceUserBatchApiDefinition,
  PresenceUserQueryApiDefinition,
} from "../gen/presence/view/v1/user_view_api.ts";
import { action } from "../runtime/component/action.ts";
import { error, reply } from "../runtime/component/effects.ts";
import { Status } from "../runtime/status.ts";

const maxUsers = 1000;

/** Answers for many users at once, by one query; one that nobody has heard of is offline, and not known. */
export const userBatch = action(
  PresenceUserBatchApiDefinition,
  { presence: PresenceUserQueryApiDefinition },
  ({ presence }) => ({
    async batchGetUsers({ user_ids }) {
      if (user_ids.length > maxUsers) {
        const description = `has ${user_ids.length} ids; a batch has at most ${maxUsers}`;
        return error(Status.INVALID_ARGUMENT, `user_ids ${description}`, [{ field: "user_ids", description }]);
      }
      const { results } = await presence.getStatuses({ user_ids });
      const known = new Map(results.map((status) => [status.user_id, status]));
      return reply({ results: user_ids.map((user_id) => foundUser(user_id, known.get(user_id))) });
    },
  }),
);

const foundUser = (user_id: string, status: UserStatus | undefined): FoundUser => {
  const { is_online, devices, devices_online, last_seen, version, profile } = status ?? UserStatus.create();
  const known = status !== undefined;
  return { user_id, known, is_online, devices, devices_online, last_seen, version, profile };
};
