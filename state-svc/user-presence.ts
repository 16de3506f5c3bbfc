import { PresenceStateServiceDefinition } from "../gen/presence/state/v1/state_api.ts";
import { type Heartbeat, UserPresenceState } from "../gen/presence/v1/presence.ts";
import { deleteState, error, reply, updateState } from "../runtime/component/effects.ts";
import { valueEntity } from "../runtime/component/value-entity.ts";
import { Status } from "../runtime/status.ts";

/** The state of one device. A heartbeat that is not newer than it changes nothing, nor does a tombstone. */
export const userPresence = valueEntity(PresenceStateServiceDefinition, {
  state: UserPresenceState,
  togglePresence(heartbeat, state, context) {
    // A producer that knows no versions gets one here: its heartbeats count in the order they arrive.
    const version = heartbeat.version === 0n ? context.version : heartbeat.version;
    if (version < 0n || version > context.version + aDayAhead) {
      const description = "lies more than a day ahead, or below zero";
      return error(Status.INVALID_ARGUMENT, `version ${version} ${description}`, [{ field: "version", description }]);
    }
    return version <= state.version
      ? reply(state)
      : updateState(presentState(heartbeat, version)).thenReply((next) => next);
  },
  forgetDevice: ({ version }, state) =>
    state.version === 0n || (version !== 0n && state.version > version)
      ? reply({ is_forgotten: false })
      : deleteState().thenReply(() => ({ is_forgotten: true })),
  getCurrentUserPresence: ({ user_id, device_id }, state) =>
    state.version === 0n
      ? error(Status.NOT_FOUND, `no heartbeat yet from device "${device_id}" of user "${user_id}"`)
      : reply(state),
});

/** Versions count milliseconds above 16 bits. A later one would freeze the device's state until its time has come. */
const aDayAhead = (24n * 3_600_000n) << 16n;

const presentState = (heartbeat: Heartbeat, version: bigint): UserPresenceState => ({
  user_id: heartbeat.user_id,
  device_id: heartbeat.device_id,
  is_online: heartbeat.is_online,
  profile: heartbeat.profile,
  version,
  last_seen: heartbeat.observed_at,
  reason: heartbeat.reason,
});
