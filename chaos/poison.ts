import { randomBytes } from "node:crypto";
import { headersOf } from "../runtime/eventing/envelope.ts";
import type { EventBus, LogRecord, OutgoingRecord } from "../runtime/ports.ts";

const prefix = "poison-";

/** Whether a record was published by `poison`. */
export const isPoison = ({ key }: LogRecord): boolean => key?.startsWith(prefix) === true;

const types = { heartbeats: "presence.v1.Heartbeat", users: "presence.v1.UserPresenceState" } as const;

/** Nothing that a consumer could take: bytes that are no message, a message of no known type, one that says nothing. */
const poisonOf = (topic: keyof typeof types, n: number): readonly OutgoingRecord[] => {
  const record = (kind: string, value: Uint8Array, type?: string): OutgoingRecord => {
    const key = `${prefix}${kind}-${n}`;
    const stamp = { id: key, source: "chaos", subject: key, sequence: `${n + 1}.0`, traceparent: undefined };
    const headers = type === undefined ? {} : headersOf({ ...stamp, type, time: new Date().toISOString() });
    return { topic, key, value, headers };
  };
  const garbage = Buffer.concat([Buffer.of(0xff), randomBytes(40)]);
  return [
    record("garbage", garbage, types[topic]),
    record("type", Buffer.of(), "no.such.Type"),
    record("bare", garbage),
  ];
};

/** Publishes so many of each kind to the topics that consumers read. */
export const poison = async (bus: EventBus, count: number): Promise<void> => {
  for (let n = 0; n < count; n++) await bus.publish([...poisonOf("heartbeats", n), ...poisonOf("users", n)]);
};
