import { Heartbeat } from "../../gen/presence/v1/presence.ts";
import { encodeMessage } from "../../runtime/codec.ts";
import { keyOf } from "../../runtime/entity/key.ts";
import type { EventBus, LogRecord } from "../../runtime/ports.ts";

/** Everything that stands in a topic now. */
export const recordsOf = async (bus: EventBus, topic: string): Promise<LogRecord[]> => {
  const records: LogRecord[] = [];
  const onError = (error: unknown): void => {
    throw error;
  };
  const follower = await bus.follow({ topic, onRecord: (record) => records.push(record), onError });
  await follower.caughtUp;
  await follower.close();
  return records;
};

/** Publishes a heartbeat as a foreign producer would. */
export const sendHeartbeat = (
  bus: EventBus,
  topic: string,
  fields: Partial<Heartbeat>,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> => {
  const heartbeat = Heartbeat.fromPartial(fields);
  const { text, partitionKey } = keyOf(heartbeat, ["user_id", "device_id"]);
  const value = encodeMessage(Heartbeat, heartbeat);
  return bus.publish([
    { topic, key: text, partitionKey, value, headers: { ce_type: "presence.v1.Heartbeat", ...headers } },
  ]);
};
