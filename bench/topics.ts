import { setTimeout as delay } from "node:timers/promises";
import { type Admin, Kafka, logLevel } from "kafkajs";
import { Heartbeat, UserPresenceState } from "../gen/presence/v1/presence.ts";
import { createKafkaBus } from "../runtime/adapters/kafka/bus.ts";
import { encodeMessage } from "../runtime/codec.ts";
import { headersOf } from "../runtime/eventing/envelope.ts";
import { createLog } from "../runtime/log.ts";
import type { EventBus, OutgoingRecord } from "../runtime/ports.ts";

export const openBus = (kafka: string): Promise<EventBus> =>
  createKafkaBus({ brokers: kafka.split(","), clientId: "bench", log: createLog("error") });

export const withAdmin = async <T>(kafka: string, work: (admin: Admin) => Promise<T>): Promise<T> => {
  const client = new Kafka({ clientId: "bench", brokers: kafka.split(","), logLevel: logLevel.NOTHING });
  const admin = client.admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
};

/** Resolves when there are no such topics any more. */
export const removeTopics = (kafka: string, names: readonly string[]): Promise<void> =>
  withAdmin(kafka, async (admin) => {
    const present = (await admin.listTopics()).filter((name) => names.includes(name));
    if (present.length > 0) await admin.deleteTopics({ topics: present });
    for (const isThere = (name: string): boolean => names.includes(name); (await admin.listTopics()).some(isThere); ) {
      await delay(50);
    }
  });

/** Makes the topics anew, empty and compacted. */
export const emptyTopics = async (kafka: string, names: readonly string[]): Promise<void> => {
  await removeTopics(kafka, names);
  const bus = await openBus(kafka);
  await bus.ensureTopics(names.map((name) => ({ name, policy: "compact" })));
  // A topic is there before its partitions have leaders: until then nothing can be published.
  for (let tries = 0; !(await haveLeaders(bus, names)); tries += 1) {
    if (tries === 100) throw new Error(`no leaders for ${names.join(", ")} within 10 s`);
    await delay(100);
  }
  await bus.close();
};

const haveLeaders = (bus: EventBus, names: readonly string[]): Promise<boolean> =>
  Promise.all(names.map((name) => bus.endOffsets(name))).then(
    () => true,
    () => false,
  );

/** Forgets how far any group has read, so that the next member begins at the first record. */
export const forgetGroups = (kafka: string): Promise<void> =>
  withAdmin(kafka, async (admin) => {
    const ids = (await admin.listGroups()).groups.map(({ groupId }) => groupId);
    for (let tries = 0; ids.length > 0; tries += 1) {
      try {
        await admin.deleteGroups(ids);
        return;
      } catch (error) {
        // A member that has just left may not be gone yet.
        if (tries === 50) throw error;
        await delay(100);
      }
    }
  });

export const countRecords = async (bus: EventBus, topic: string): Promise<number> =>
  [...(await bus.endOffsets(topic)).values()].reduce((total, end) => total + Number(end), 0);

/** The n-th change of all: whose turn it is jumps about, as it does among people. */
export const changeOf = (n: number, devices: number) => ({
  user_id: `rider-${(n * 7919 + (Math.imul(n, 0x9e3779b1) >>> 20)) % devices}`,
  device_id: "phone",
  is_online: n % 3 !== 0,
  profile: { attr1: "steel", attr2: `blue-${n % 100}`, attributes: { city: "Houston" } },
  reason: n % 3 === 0 ? "LEAVE" : "HEARTBEAT",
});

const firstVersion = BigInt(Date.now()) << 16n;

/** A source of ready records of a topic; versions grow from one to the next. */
export const createRecords = (
  topic: "heartbeats" | "users",
  devices: number,
): ((count: number) => OutgoingRecord[]) => {
  let n = 0;
  const next = (): OutgoingRecord => {
    const version = firstVersion + (BigInt(n) << 8n);
    const change = changeOf(n, devices);
    const time = { seconds: BigInt(Math.floor(Date.now() / 1000)), nanos: 0 };
    const key = `${change.user_id}/${change.device_id}`;
    n += 1;
    return {
      topic,
      key,
      partitionKey: change.user_id,
      value:
        topic === "heartbeats"
          ? encodeMessage(
              Heartbeat,
              Heartbeat.fromPartial({ ...change, version, is_modified: true, observed_at: time }),
            )
          : encodeMessage(UserPresenceState, UserPresenceState.fromPartial({ ...change, version, last_seen: time })),
      headers: headersOf({
        id: `${topic}/${key}/${version}/0`,
        source: "bench",
        type: topic === "heartbeats" ? "presence.v1.Heartbeat" : "presence.v1.UserPresenceState",
        subject: key,
        sequence: `${version}.0`,
        time: new Date().toISOString(),
        traceparent: undefined,
      }),
    };
  };
  return (count) => Array.from({ length: count }, next);
};
