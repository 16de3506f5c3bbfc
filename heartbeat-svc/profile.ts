import { Profile } from "../gen/presence/v1/presence.ts";

const maxBytes = 4096;

/** Equal in every field; the order of the attributes does not count. An absent profile equals an empty one. */
export const isSameProfile = (a: Profile, b: Profile | undefined): boolean => {
  if (hasUnknownFields(a) || (b !== undefined && hasUnknownFields(b))) return hasSameBytes(a, b);
  if (b === undefined) return a.attr1 === "" && a.attr2 === "" && isSameTable(a.attributes, {});
  return a.attr1 === b.attr1 && a.attr2 === b.attr2 && isSameTable(a.attributes, b.attributes);
};

type Table = Readonly<Record<string, string>>;

/** Compared with each heartbeat: no list of names is made. What all objects inherit is no text. */
const isSameTable = (a: Table, b: Table): boolean => {
  let more = 0;
  for (const name in a) {
    if (a[name] !== b[name]) return false;
    more += 1;
  }
  for (const _ in b) more -= 1;
  return more === 0;
};

/** A newer client's fields count too. */
const hasUnknownFields = ({ _unknownFields }: Profile): boolean => {
  for (const _ in _unknownFields) return true;
  return false;
};

const hasSameBytes = (a: Profile, b: Profile | undefined): boolean =>
  Buffer.compare(Profile.encode(a).finish(), Profile.encode(b ?? Profile.create()).finish()) === 0;

/** What is wrong with a profile: its encoded size is bounded. */
export const profileProblem = (profile: Profile | undefined): string | undefined => {
  if (profile === undefined || isSurelySmall(profile)) return undefined;
  const { length } = Profile.encode(profile).finish();
  return length <= maxBytes ? undefined : `is ${length} bytes; a profile has at most ${maxBytes}`;
};

/** UTF-8 takes at most three bytes for a unit of UTF-16; most profiles need no encoding to be judged. */
const isSurelySmall = (profile: Profile): boolean => {
  const { attr1, attr2, attributes } = profile;
  let units = attr1.length + attr2.length + 16;
  for (const name in attributes) units += name.length + (attributes[name] as string).length + 16;
  return units * 3 <= maxBytes && !hasUnknownFields(profile);
};
