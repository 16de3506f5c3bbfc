import type { Profile } from "../../gen/presence/v1/presence.ts";

/** What a rider tells of itself in a heartbeat, and what the view should then show. */
export type Said = { readonly isOnline: boolean; readonly profile: Readonly<Omit<Profile, "_unknownFields">> };

/** Equal in status and in every field of the profile. */
export const isSameSaid = (a: Said, b: Said): boolean =>
  a.isOnline === b.isOnline &&
  a.profile.attr1 === b.profile.attr1 &&
  a.profile.attr2 === b.profile.attr2 &&
  isSameRecord(a.profile.attributes, b.profile.attributes);

const isSameRecord = (a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean => {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && a[name] === b[name]);
};
