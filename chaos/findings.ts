import { UserPresenceState } from "../gen/presence/v1/presence.ts";
import { decodeMessage, encodeMessage } from "../runtime/codec.ts";
import type { Evidence, Versioned } from "./evidence.ts";

/** The winner of each key: its highest version, the first of equal ones. */
const winnersOf = (records: readonly Versioned[]): ReadonlyMap<string, Versioned> => {
  const winners = new Map<string, Versioned>();
  for (const record of records) {
    const before = winners.get(record.key);
    if (before === undefined || record.version > before.version) winners.set(record.key, record);
  }
  return winners;
};

/** Where the last record of a key, the only one that compaction keeps, is not its winner. */
const badEndsIn = (records: readonly Versioned[]): string[] => {
  const winners = winnersOf(records);
  const last = new Map(records.map((record) => [record.key, record]));
  return [...last.values()].flatMap(({ topic, key, version, partition, offset, value }) => {
    const winner = winners.get(key);
    const isWinner = winner?.version === version && isSameBytes(winner.value, value);
    return isWinner ? [] : [`${topic}: ${key} ends with ${version} at ${partition}/${offset}, not ${winner?.version}`];
  });
};

const isSameBytes = (a: Uint8Array | null, b: Uint8Array | null): boolean =>
  a === null || b === null ? a === b : Buffer.compare(a, b) === 0;

/** The records that raise the version of their key; no consumer may leave one out. */
const risesIn = (records: readonly Versioned[]): readonly Versioned[] => {
  const highest = new Map<string, bigint>();
  return records.filter(({ key, version }) => {
    if (version <= (highest.get(key) ?? 0n)) return false;
    highest.set(key, version);
    return true;
  });
};

const stateOf = (value: Uint8Array): UserPresenceState => decodeMessage(UserPresenceState, value);

/** A changed key whose row or entity is not as the topic says. */
const differencesOf = ({ heartbeats, users, entities, rows }: Evidence): string[] => {
  const found: string[] = [];
  const said = winnersOf(heartbeats);
  const told = winnersOf(users);
  for (const [key, { version, value }] of told) {
    const row = rows.get(key);
    const isSame = row !== undefined && value !== null && isSameState(row, stateOf(value));
    if (!isSame) found.push(`view: ${key} is not as users says, version ${row?.version} for ${version}`);
  }
  for (const key of rows.keys()) if (!told.has(key)) found.push(`view: ${key} is not in users`);
  const tellings = new Set(users.map(({ key, value }) => `${key} ${value && stateOf(value).version}`));
  for (const { key, version } of risesIn(heartbeats)) {
    if (!tellings.has(`${key} ${version}`)) found.push(`users: ${key} was never told version ${version} of heartbeats`);
  }
  for (const [key, { version }] of said) {
    const stored = (entities.get(key)?.state as UserPresenceState | undefined)?.version;
    if (stored !== version) found.push(`state: ${key} has version ${stored}, heartbeats ${version}`);
  }
  return found;
};

const isSameState = (a: UserPresenceState, b: UserPresenceState): boolean =>
  Buffer.compare(canonical(a), canonical(b)) === 0;

/** The attributes are a map, in any order. */
const canonical = (state: UserPresenceState): Buffer => {
  const { profile } = state;
  const attributes = Object.fromEntries(Object.entries(profile?.attributes ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)));
  const ordered = { ...state, profile: profile && { ...profile, attributes } };
  return Buffer.from(encodeMessage(UserPresenceState, UserPresenceState.fromPartial(ordered)));
};

/** What becomes right by waiting: consumers, relay and repair may still be at work. */
export const unsettledIn = (evidence: Evidence): readonly string[] => [
  ...differencesOf(evidence),
  ...badEndsIn(evidence.heartbeats),
  ...badEndsIn(evidence.users),
  ...evidence.swallowed.map(({ topic, key }) => `${topic}: ${key} can be taken by nobody, and is no dead letter`),
  ...[...evidence.entities.values()]
    .filter(({ pending }) => pending.length > 0)
    .map(({ key, pending }) => `pending: ${key} has ${pending.length} messages not known to be published`),
];

/** What no waiting makes right: dead letters, acknowledged changes that the log does not have. */
export const brokenIn = (
  { heartbeats, deadLetters }: Evidence,
  acknowledged: ReadonlyMap<string, readonly bigint[]>,
): readonly string[] => {
  const written = new Set(heartbeats.map(({ key, version }) => `${key} ${version}`));
  const forgotten = [...acknowledged].flatMap(([key, versions]) =>
    versions.filter((version) => !written.has(`${key} ${version}`)).map((version) => `heartbeats: ${key} ${version}`),
  );
  return [
    ...forgotten.map((each) => `${each} was acknowledged and is not in the log`),
    ...deadLetters.map(
      ({ topic, key, headers }) => `${topic}: ${key}, ${headers.rollcall_error_code} ${headers.rollcall_error_text}`,
    ),
  ];
};
