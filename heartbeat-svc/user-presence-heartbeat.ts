import {
  PresenceHeartbeatCommand,
  PresenceHeartbeatCommandServiceDefinition,
} from "../gen/presence/heartbeat/v1/heartbeat_api.ts";
import { Heartbeat } from "../gen/presence/v1/presence.ts";
import { error, reply, updateState } from "../runtime/component/effects.ts";
import type { Lease } from "../runtime/component/lease.ts";
import { type ReplicatedRegister, replicatedRegister } from "../runtime/component/replicated-register.ts";
import type { FieldViolation } from "../runtime/errors.ts";
import type { LeaseProfile } from "../runtime/replicated/lease-profile.ts";
import { Status } from "../runtime/status.ts";
import { isSameProfile, profileProblem } from "./profile.ts";
import { presenceAfter, sessionProblem } from "./sessions.ts";
import { durationOf, millisecondsOf, timestampOf } from "./timestamp.ts";

/**
 * What each device last said, held by every replica. A heartbeat that says the same again changes nothing;
 * its reply tells the version of the change it repeats. One that says online extends the device's lease; when that
 * ends, the runtime sends the device's own heartbeat that says offline. One that is offline for long is forgotten.
 */
export const userPresenceHeartbeat = (
  profile: LeaseProfile,
  forgetAfterMs: number = Number.POSITIVE_INFINITY,
): ReplicatedRegister<PresenceHeartbeatCommandServiceDefinition, Heartbeat> =>
  replicatedRegister(
    PresenceHeartbeatCommandServiceDefinition,
    {
      log: "heartbeats",
      value: Heartbeat,
      seenVersion: (command) => command.version,
      restated: (value, version) => ({ ...value, version }),
      lease: {
        profile,
        isHeld: (heartbeat) => heartbeat.is_online,
        handler: "heartbeat",
        command: ({ user_id, device_id }, is_online) =>
          PresenceHeartbeatCommand.fromPartial({ user_id, device_id, is_online }),
        forget: { afterMs: forgetAfterMs, lastHeldAt: lastSeenAt },
      },
    },
    {
      heartbeat(command, current, context) {
        const keepsProfile = command.profile === undefined || isSameProfile(command.profile, current.profile);
        // What is held already was judged when it came.
        const problem = keepsProfile ? undefined : profileProblem(command.profile);
        if (problem !== undefined) return refused({ field: "profile", description: problem });
        const wrong = sessionProblem(command);
        if (wrong !== undefined) return refused(wrong);
        const presence = presenceAfter(command, current);
        const { lease } = context;
        const isCaller = lease?.cause === undefined;
        if (presence.kind === "late" || (isCaller && lease?.isOld(orderOf(command))))
          return reply({ ...current, is_modified: false });
        const { is_online, sessions, isNews } = presence;
        const { lease_until, next_heartbeat } = isCaller ? leaseTerms(command, is_online, lease) : noTerms;
        const isFirst = current.version === 0n;
        const isSame = current.is_online === is_online && keepsProfile;
        if (isSame && !isFirst && !isNews && context.doubt === undefined)
          return reply({ ...current, lease_until, next_heartbeat, is_modified: false });
        const isModified = !isSame || isFirst || context.doubt === "unknown";
        return updateState<Heartbeat>({
          ...current,
          user_id: command.user_id,
          device_id: command.device_id,
          is_online,
          sessions,
          profile: command.profile ?? current.profile,
          is_modified: isModified || context.doubt !== undefined,
          version: context.version,
          lease_until,
          next_heartbeat,
          observed_at: timestampOf(lease?.lastBeatAt ?? context.now()),
          reason: is_online ? "HEARTBEAT" : isCaller ? "LEAVE" : "TIMEOUT",
        }).thenReply((next) => (next.is_modified === isModified ? next : { ...next, is_modified: isModified }));
      },
    },
  );

/** A foreign producer may tell no time; its versions do. */
const lastSeenAt = ({ observed_at, version }: Heartbeat): number =>
  observed_at === undefined ? Number(version >> 16n) : Number(observed_at.seconds) * 1000;

const refused = (problem: FieldViolation) =>
  error(Status.INVALID_ARGUMENT, `${problem.field} ${problem.description}`, [problem]);

type Terms = Pick<Heartbeat, "lease_until" | "next_heartbeat">;

const noTerms: Terms = { lease_until: undefined, next_heartbeat: undefined };

const orderOf = ({ session_id, sequence }: PresenceHeartbeatCommand) => ({ sessionId: session_id, sequence });

/** A heartbeat extends the lease of its device; the leave of its last session ends it. */
const leaseTerms = (command: PresenceHeartbeatCommand, isOnline: boolean, lease: Lease | undefined): Terms => {
  if (lease === undefined) return noTerms;
  if (!isOnline) lease.end(orderOf(command));
  if (!command.is_online) return noTerms;
  const { leaseUntil, nextBeatMs } = lease.extend({
    ttlMs: command.ttl && millisecondsOf(command.ttl),
    isBackground: command.background,
    sessionId: command.session_id,
    sequence: command.sequence,
  });
  return { lease_until: timestampOf(leaseUntil), next_heartbeat: durationOf(nextBeatMs) };
};
