import type { Timestamp } from "../gen/google/protobuf/timestamp.ts";
import { type DeviceStatus, Profile, type UserPresenceState, type UserStatus } from "../gen/presence/v1/presence.ts";

const maxDevices = 100;

/**
 * The user's status with one more change of a device. `undefined` for one that is not newer than what is known of the
 * device. The version is left as it is: whoever stores the status says what a change of it is worth.
 */
export const withDevice = (status: UserStatus, state: UserPresenceState): UserStatus | undefined => {
  const known = status.devices.find(({ device_id }) => device_id === state.device_id);
  if (known !== undefined && known.version >= state.version) return undefined;
  const others = status.devices.filter((device) => device !== known);
  const devices = bounded([...others, deviceOf(state)].sort((a, b) => (a.version < b.version ? -1 : 1)));
  return statusOf({ ...status, user_id: state.user_id }, devices);
};

/** The user's status without a device that was forgotten; `undefined` where it is not known, or newer than that. */
export const withoutDevice = (status: UserStatus, device_id: string, version: bigint): UserStatus | undefined => {
  const known = status.devices.find((device) => device.device_id === device_id);
  if (known === undefined || (version !== 0n && known.version > version)) return undefined;
  return statusOf(
    status,
    status.devices.filter((device) => device !== known),
  );
};

const statusOf = (status: UserStatus, devices: DeviceStatus[]): UserStatus => {
  const devices_online = devices.filter((device) => device.is_online).length;
  return {
    ...status,
    is_online: devices_online > 0,
    devices,
    devices_online,
    last_seen: latest(devices),
    profile: profileOf(devices),
  };
};

/** Of the devices that are online, else of all. */
export const profileOf = (devices: readonly DeviceStatus[]): Profile => {
  const online = devices.filter(({ is_online }) => is_online);
  return mergedProfile(online.length > 0 ? online : devices);
};

const deviceOf = ({ device_id, is_online, last_seen, version, profile, reason }: UserPresenceState): DeviceStatus => ({
  device_id,
  is_online,
  last_seen,
  version,
  profile,
  reason,
});

/** Without the first offline one, or the first of all, while there are too many. */
const bounded = (devices: readonly DeviceStatus[]): DeviceStatus[] => {
  if (devices.length <= maxDevices) return [...devices];
  const least = devices.find(({ is_online }) => !is_online) ?? devices[0];
  return devices.filter((device) => device !== least);
};

const latest = (devices: readonly DeviceStatus[]): Timestamp | undefined =>
  devices.reduce<Timestamp | undefined>(
    (last, { last_seen }) =>
      last_seen !== undefined && (last === undefined || isAfter(last_seen, last)) ? last_seen : last,
    undefined,
  );

const isAfter = (a: Timestamp, b: Timestamp): boolean =>
  a.seconds > b.seconds || (a.seconds === b.seconds && a.nanos > b.nanos);

/** In the order of the devices, a later one over an earlier one; an empty text says nothing. */
const mergedProfile = (devices: readonly DeviceStatus[]): Profile => {
  const profiles = devices.flatMap(({ profile }) => profile ?? []);
  return Profile.create({
    attr1: profiles.findLast(({ attr1 }) => attr1 !== "")?.attr1 ?? "",
    attr2: profiles.findLast(({ attr2 }) => attr2 !== "")?.attr2 ?? "",
    attributes: Object.fromEntries(profiles.flatMap(({ attributes }) => Object.entries(attributes))),
  });
};
