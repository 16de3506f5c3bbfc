// The records of changed heartbeats, sent by kafkajs alone: a batch of as many as the other side has under way.
import { Kafka, logLevel, type Message } from "kafkajs";
import { Heartbeat } from "../../gen/presence/v1/presence.ts";
import { createPartitioner } from "../../runtime/adapters/kafka/partitioner.ts";
import { headersOf } from "../../runtime/eventing/envelope.ts";
import { answerParent, startCounting } from "./answer-parent.ts";
import { type ChangedLoad, type ChangedLoaded, changedBeat } from "./changed-load.ts";

const kafka = new Kafka({ clientId: "by-hand", brokers: [process.argv[2] ?? ""], logLevel: logLevel.ERROR });
const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, createPartitioner });
await producer.connect();

let next = 0;
const recordOf = (n: number, devices: number): Message & { readonly placedBy: string } => {
  const beat = changedBeat(n, devices);
  const key = `${beat.user_id}/${beat.device_id}`;
  const now = Date.now();
  const version = BigInt(now) << 16n;
  const observed_at = { seconds: BigInt(Math.floor(now / 1000)), nanos: (now % 1000) * 1_000_000 };
  const heartbeat = Heartbeat.fromPartial({ ...beat, is_modified: true, version, observed_at, reason: "HEARTBEAT" });
  const headers = headersOf({
    id: `user_presence_heartbeat/${key}/${version}/0`,
    source: "presence.heartbeat.v1.PresenceHeartbeatEventService",
    type: "presence.v1.Heartbeat",
    subject: key,
    sequence: `${version}.0`,
    time: new Date(now).toISOString(),
    traceparent: undefined,
  });
  return {
    key,
    value: Buffer.from(Heartbeat.encode(heartbeat).finish()),
    placedBy: beat.user_id,
    headers: {
      ...headers,
      rollcall_base: String(version),
      rollcall_write: `${process.pid}-by-hand-in-36-letters/${n}`,
    },
  };
};

const load = async ({ devices, concurrency, durationMs }: ChangedLoad): Promise<ChangedLoaded> => {
  const startedAt = performance.now();
  const first = next;
  while (performance.now() - startedAt < durationMs) {
    const messages = Array.from({ length: concurrency }, () => recordOf(next++, devices));
    await producer.sendBatch({ acks: -1, topicMessages: [{ topic: "by-hand", messages }] });
  }
  return { records: next - first, seconds: (performance.now() - startedAt) / 1000 };
};

answerParent({ load, cost: startCounting() });
