import type { UserStatus } from "../gen/presence/v1/presence.ts";
import { profileOf } from "./aggregate.ts";
import { millisecondsOf, timestampOf } from "./timestamp.ts";

const windowMs = 60_000;
/** So many comings and goings within the window are told as they are. */
const calm = 4;
/** How long a going is held back while there are more of them: the longer, the more there are. */
const holdsMs = [15_000, 30_000, 60_000];
const mostTransitions = 10;

/** No going is held back for longer than this. */
export const longestHoldMs = 60_000;

export type Change = {
  /** The device has said that it goes, and was not just silent for too long. */
  readonly isLeave: boolean;
  readonly graceMs: number;
  readonly now: number;
};

/**
 * What a user is shown as when its devices come to `next`. Who comes is shown at once; who goes is held back for a
 * moment after a leave, since a page that is loaded anew leaves and comes back, and for longer while it comes and
 * goes all the time. A going that is held back has a time at which it is true: see `settled`.
 */
export const damped = (before: UserStatus, next: UserStatus, { isLeave, graceMs, now }: Change): UserStatus => {
  const wasThere = before.devices_online > 0;
  const isThere = next.devices_online > 0;
  const transitions = recent(before.transitions, now);
  if (wasThere !== isThere) transitions.push(timestampOf(now));
  const shown = {
    ...next,
    transitions: transitions.slice(-mostTransitions),
    offline_at: undefined,
    is_flapping: false,
  };
  if (isThere || !before.is_online) return shown;
  const is_flapping = wasThere ? transitions.length > calm : before.is_flapping;
  const offlineAt = wasThere ? now + holdMs(transitions.length, isLeave ? graceMs : 0) : dueAt(before);
  if (offlineAt === undefined || offlineAt <= now) return shown;
  return { ...shown, is_online: true, profile: before.profile, offline_at: timestampOf(offlineAt), is_flapping };
};

/** What a user is shown as when a device is forgotten: what is held back of others stays held back. */
export const keptHeld = (before: UserStatus, next: UserStatus): UserStatus =>
  before.offline_at === undefined ? next : { ...next, is_online: before.is_online, profile: before.profile };

/** When the user is to be shown offline; `undefined` while nothing is held back. */
export const dueAt = ({ offline_at }: UserStatus): number | undefined => offline_at && millisecondsOf(offline_at);

/** The status of a user whose time for a return is over; `undefined` before that. */
export const settled = (status: UserStatus, now: number): UserStatus | undefined => {
  const at = dueAt(status);
  // A time further ahead than any hold was told by a clock that was set back since.
  if (at === undefined || (at > now && at <= now + longestHoldMs)) return undefined;
  return { ...status, is_online: false, profile: profileOf(status.devices), offline_at: undefined, is_flapping: false };
};

/** Those of the last minute; times ahead of the clock are of one that was set back. */
const recent = (transitions: UserStatus["transitions"], now: number): UserStatus["transitions"] =>
  transitions.filter((each) => Math.abs(now - millisecondsOf(each)) < windowMs);

const holdMs = (transitions: number, graceMs: number): number => {
  if (transitions <= calm) return graceMs;
  const hold = holdsMs[Math.floor((transitions - calm - 1) / 2)] ?? longestHoldMs;
  return Math.max(hold, graceMs);
};
