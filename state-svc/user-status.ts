import {
  PresenceUserEventServiceDefinition,
  PresenceUserServiceDefinition,
} from "../gen/presence/state/v1/state_api.ts";
import { Profile, UserPresenceState, UserStatus } from "../gen/presence/v1/presence.ts";
import { error, reply, updateState } from "../runtime/component/effects.ts";
import { type ValueEntity, valueEntity } from "../runtime/component/value-entity.ts";
import { wakenBy } from "../runtime/component/wake.ts";
import { Status } from "../runtime/status.ts";
import { withDevice } from "./aggregate.ts";
import { damped, dueAt, longestHoldMs, settled } from "./damping.ts";

/**
 * What a user's devices come to. Its version tells changes of the user apart, which a second device is not. A user who
 * goes may be shown online for a while; the status then says until when, and is woken at that time.
 */
export const userStatus = (graceMs: number): ValueEntity =>
  valueEntity(PresenceUserServiceDefinition, {
    state: UserStatus,
    wake: wakenBy(PresenceUserEventServiceDefinition, "userDue", {
      at: dueAt,
      withinMs: longestHoldMs,
      command: (user_id = "") => ({ user_id }),
    }),
    changeDevice({ device = UserPresenceState.create() }, status, context) {
      const present = withDevice(status, device);
      if (present === undefined) return reply({ status, is_modified: false });
      const isLeave = device.reason !== "TIMEOUT";
      const next = damped(status, present, { isLeave, graceMs, now: context.now() });
      const is_modified = status.version === 0n || !isSameUser(status, next);
      const version = is_modified ? context.version : status.version;
      return updateState<UserStatus>({ ...next, version }).thenReply((changed) => ({ status: changed, is_modified }));
    },
    settleUser(_, status, context) {
      const next = settled(status, context.now());
      if (next === undefined) return reply({ status, is_modified: false });
      const { version } = context;
      return updateState<UserStatus>({ ...next, version }).thenReply((changed) => ({
        status: changed,
        is_modified: true,
      }));
    },
    getUserStatus: ({ user_id }, status) =>
      status.version === 0n ? error(Status.NOT_FOUND, `no device of user "${user_id}" yet`) : reply(status),
  });

const isSameUser = (a: UserStatus, b: UserStatus): boolean =>
  a.is_online === b.is_online && Buffer.compare(encoded(a.profile), encoded(b.profile)) === 0;

/** Attributes in one order: that of a merge says nothing. */
const encoded = (profile: Profile = Profile.create()): Uint8Array => {
  const attributes = Object.fromEntries(Object.entries(profile.attributes).sort(([a], [b]) => (a < b ? -1 : 1)));
  return Profile.encode({ ...profile, attributes }).finish();
};
