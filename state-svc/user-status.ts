import {
  PresenceUserEventServiceDefinition,
  PresenceUserServiceDefinition,
  type UserChange,
} from "../gen/presence/state/v1/state_api.ts";
import { Profile, UserPresenceState, UserStatus } from "../gen/presence/v1/presence.ts";
import type { EntityContext } from "../runtime/component/context.ts";
import { deleteState, error, reply, updateState } from "../runtime/component/effects.ts";
import { type ValueEntity, valueEntity } from "../runtime/component/value-entity.ts";
import { wakenBy } from "../runtime/component/wake.ts";
import { Status } from "../runtime/status.ts";
import { withDevice, withoutDevice } from "./aggregate.ts";
import { damped, dueAt, keptHeld, longestHoldMs, settled } from "./damping.ts";

export const defaultGraceMs = 3000;

/**
 * What a user's devices come to. Its version tells changes of the user apart, which a second device is not. A user who
 * goes may be shown online for a while; the status then says until when, and is woken at that time.
 */
export const userStatus = (graceMs = defaultGraceMs): ValueEntity<PresenceUserServiceDefinition, UserStatus> =>
  valueEntity(PresenceUserServiceDefinition, {
    state: UserStatus,
    wake: wakenBy(PresenceUserEventServiceDefinition, "userDue", {
      at: dueAt,
      withinMs: longestHoldMs,
      command: (user_id = "") => ({ user_id }),
    }),
    changeDevice({ device = UserPresenceState.create() }, status, context) {
      const present = withDevice(status, device);
      if (present === undefined) return reply(unchanged(status));
      const isLeave = device.reason !== "TIMEOUT";
      return change(status, damped(status, present, { isLeave, graceMs, now: context.now() }), context);
    },
    loseDevice({ device_id, version }, status, context) {
      const left = withoutDevice(status, device_id, version);
      if (left === undefined) return reply(unchanged(status));
      if (left.devices.length > 0) return change(status, keptHeld(status, left), context);
      return deleteState().thenReply(() => ({ status, is_modified: true, is_gone: true }));
    },
    settleUser(_, status, context) {
      const next = settled(status, context.now());
      return next === undefined ? reply(unchanged(status)) : change(status, next, context);
    },
    getUserStatus: ({ user_id }, status) =>
      status.version === 0n ? error(Status.NOT_FOUND, `no device of user "${user_id}" yet`) : reply(status),
  });

const unchanged = (status: UserStatus): UserChange => ({ status, is_modified: false, is_gone: false });

const change = (before: UserStatus, next: UserStatus, context: EntityContext) => {
  const is_modified = before.version === 0n || !isSameUser(before, next);
  const version = is_modified ? context.version : before.version;
  return updateState<UserStatus>({ ...next, version }).thenReply(
    (status): UserChange => ({ status, is_modified, is_gone: false }),
  );
};

const isSameUser = (a: UserStatus, b: UserStatus): boolean =>
  a.is_online === b.is_online && Buffer.compare(encoded(a.profile), encoded(b.profile)) === 0;

/** Attributes in one order: that of a merge says nothing. */
const encoded = (profile: Profile = Profile.create()): Uint8Array => {
  const attributes = Object.fromEntries(Object.entries(profile.attributes).sort(([a], [b]) => (a < b ? -1 : 1)));
  return Profile.encode({ ...profile, attributes }).finish();
};
