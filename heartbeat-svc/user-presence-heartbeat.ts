import { PresenceHeartbeatCommandServiceDefinition } from "../gen/presence/heartbeat/v1/heartbeat_api.ts";
import { Heartbeat } from "../gen/presence/v1/presence.ts";
import { error, reply, updateState } from "../runtime/component/effects.ts";
import { replicatedRegister } from "../runtime/component/replicated-register.ts";
import { Status } from "../runtime/status.ts";
import { isSameProfile, profileProblem } from "./profile.ts";
import { timestampOf } from "./timestamp.ts";

/**
 * What each device last said, held by every replica. A heartbeat that says the same again changes nothing;
 * its reply tells the version of the change it repeats.
 */
export const userPresenceHeartbeat = replicatedRegister(
  PresenceHeartbeatCommandServiceDefinition,
  { log: "heartbeats", value: Heartbeat, seenVersion: (command) => command.version },
  {
    heartbeat(command, current, context) {
      const problem = profileProblem(command.profile);
      if (problem !== undefined) {
        return error(Status.INVALID_ARGUMENT, `profile ${problem}`, [{ field: "profile", description: problem }]);
      }
      const isFirst = current.version === 0n;
      const isSame =
        current.is_online === command.is_online &&
        (command.profile === undefined || isSameProfile(command.profile, current.profile));
      if (isSame && !isFirst && !context.isInDoubt) return reply({ ...current, is_modified: false });
      return updateState<Heartbeat>({
        ...current,
        user_id: command.user_id,
        device_id: command.device_id,
        is_online: command.is_online,
        profile: command.profile ?? current.profile,
        is_modified: true,
        version: context.version,
        observed_at: timestampOf(context.now()),
        reason: command.is_online ? "HEARTBEAT" : "LEAVE",
      }).thenReply((next) => next);
    },
  },
);
