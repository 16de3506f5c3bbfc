import { PresenceHeartbeatCommandServiceDefinition } from "../gen/presence/heartbeat/v1/heartbeat_api.ts";
import { Heartbeat } from "../gen/presence/v1/presence.ts";
import { error, reply, updateState } from "../runtime/component/effects.ts";
import { replicatedRegister } from "../runtime/component/replicated-register.ts";
import type { FieldViolation } from "../runtime/errors.ts";
import { Status } from "../runtime/status.ts";
import { isSameProfile, profileProblem } from "./profile.ts";
import { presenceAfter, sessionProblem } from "./sessions.ts";
import { timestampOf } from "./timestamp.ts";

/**
 * What each device last said, held by every replica. A heartbeat that says the same again changes nothing;
 * its reply tells the version of the change it repeats.
 */
export const userPresenceHeartbeat = replicatedRegister(
  PresenceHeartbeatCommandServiceDefinition,
  {
    log: "heartbeats",
    value: Heartbeat,
    seenVersion: (command) => command.version,
    restated: (value, version) => ({ ...value, version }),
  },
  {
    heartbeat(command, current, context) {
      const problem = profileProblem(command.profile);
      if (problem !== undefined) return refused({ field: "profile", description: problem });
      const wrong = sessionProblem(command);
      if (wrong !== undefined) return refused(wrong);
      const presence = presenceAfter(command, current);
      if (presence.kind === "late") return reply({ ...current, is_modified: false });
      const { is_online, sessions, isNews } = presence;
      const isFirst = current.version === 0n;
      const isSame =
        current.is_online === is_online &&
        (command.profile === undefined || isSameProfile(command.profile, current.profile));
      if (isSame && !isFirst && !isNews && !context.isInDoubt) return reply({ ...current, is_modified: false });
      return updateState<Heartbeat>({
        ...current,
        user_id: command.user_id,
        device_id: command.device_id,
        is_online,
        sessions,
        profile: command.profile ?? current.profile,
        is_modified: !isSame || isFirst || context.isInDoubt,
        version: context.version,
        observed_at: timestampOf(context.now()),
        reason: is_online ? "HEARTBEAT" : "LEAVE",
      }).thenReply((next) => next);
    },
  },
);

const refused = (problem: FieldViolation) =>
  error(Status.INVALID_ARGUMENT, `${problem.field} ${problem.description}`, [problem]);
