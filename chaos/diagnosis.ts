import { Heartbeat, UserPresenceState } from "../gen/presence/v1/presence.ts";
import { decodeMessage } from "../runtime/codec.ts";
import type { Evidence, Versioned } from "./evidence.ts";

const shown = 5;

const text = (value: unknown): string =>
  JSON.stringify(value, (_, each: unknown) => {
    if (typeof each === "bigint") return String(each);
    return each instanceof Map ? Object.fromEntries(each) : each;
  });

const line = (record: Versioned, type: typeof Heartbeat | typeof UserPresenceState): string => {
  const { topic, partition, offset, version, timestamp, value, headers } = record;
  const message = value === null ? undefined : decodeMessage<Heartbeat | UserPresenceState>(type, value);
  const said = `${message?.is_online ? "online" : "offline"} ${message?.profile?.attr2}`;
  const base = headers.rollcall_base === undefined ? "" : ` from ${headers.rollcall_base}`;
  return `  ${topic}/${partition}/${offset} ${new Date(timestamp).toISOString()} version ${version}${base} ${said}`;
};

/** All that is known of some keys: their records, the entity's document, the view's row. */
export const diagnosisOf = ({ heartbeats, users, entities, rows }: Evidence, keys: readonly string[]): string => {
  const parts = keys.slice(0, shown).map((key) => {
    const isOfKey = (record: Versioned): boolean => record.key === key;
    return [
      key,
      ...heartbeats.filter(isOfKey).map((record) => line(record, Heartbeat)),
      ...users.filter(isOfKey).map((record) => line(record, UserPresenceState)),
      `  document ${text(entities.get(key))}`,
      `  row ${text(rows.get(key))}`,
    ].join("\n");
  });
  if (keys.length > shown) parts.push(`and ${keys.length - shown} more`);
  return parts.map((part) => `${part}\n`).join("");
};
