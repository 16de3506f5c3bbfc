// What state-svc does, as one would write it by hand: each batch of `heartbeats` into MongoDB, then into `users`.
import { Kafka, logLevel, type Message } from "kafkajs";
import { MongoBulkWriteError, MongoClient } from "mongodb";
import { Heartbeat, UserPresenceState } from "../../gen/presence/v1/presence.ts";
import { createPartitioner } from "../../runtime/adapters/kafka/partitioner.ts";
import { headersOf } from "../../runtime/eventing/envelope.ts";
import { serveLoop } from "./loop.ts";

type Row = { readonly _id: string; readonly version: bigint; readonly state: object };

const stateOf = ({ observed_at: last_seen, ...heartbeat }: Heartbeat): UserPresenceState =>
  UserPresenceState.fromPartial({ ...heartbeat, last_seen });

const keyOf = ({ user_id, device_id }: UserPresenceState): string => `${user_id}/${device_id}`;

const recordOf = (state: UserPresenceState): Message & { readonly placedBy: string } => ({
  key: keyOf(state),
  value: Buffer.from(UserPresenceState.encode(state).finish()),
  placedBy: state.user_id,
  headers: headersOf({
    id: `user_presence/${keyOf(state)}/${state.version}/0`,
    source: "presence.state.v1.PresenceHeartbeatEventService",
    type: "presence.v1.UserPresenceState",
    subject: keyOf(state),
    sequence: `${state.version}.0`,
    time: new Date().toISOString(),
    traceparent: undefined,
  }),
});

/** An upsert whose guard does not hold tries to insert; then the row is there already, with a newer state. */
const ignoreOlder = (error: unknown): void => {
  const isOlder =
    error instanceof MongoBulkWriteError && [error.writeErrors].flat().every(({ code }) => code === 11000);
  if (!isOlder) throw error;
};

serveLoop(async ({ kafka: brokers, mongodb, database }, meter) => {
  const writeConcern = { w: "majority", journal: true } as const;
  const mongo = await new MongoClient(mongodb, { useBigInt64: true, writeConcern }).connect();
  const rows = mongo.db(database).collection<Row>("states");
  const kafka = new Kafka({ clientId: "by-hand", brokers: brokers.split(","), logLevel: logLevel.ERROR });
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, createPartitioner });
  // What is read in one go must fit, with its headers, into what a broker takes in one go.
  const consumer = kafka.consumer({
    groupId: `by-hand-${database}`,
    maxWaitTimeInMs: 250,
    maxBytesPerPartition: 500_000,
  });
  await Promise.all([producer.connect(), consumer.connect()]);
  await consumer.subscribe({ topics: ["heartbeats"], fromBeginning: true });
  await consumer.run({
    partitionsConsumedConcurrently: 4,
    async eachBatch({ batch }) {
      const states = batch.messages.map(({ value }) => stateOf(Heartbeat.decode(value ?? new Uint8Array())));
      const latest = new Map<string, UserPresenceState>();
      for (const state of states) {
        const key = keyOf(state);
        if ((latest.get(key)?.version ?? -1n) < state.version) latest.set(key, state);
      }
      const updates = [...latest].map(([_id, { _unknownFields, ...state }]) => ({
        updateOne: {
          filter: { _id, version: { $lt: state.version } },
          update: { $set: { version: state.version, state } },
          upsert: true,
        },
      }));
      await rows.bulkWrite(updates, { ordered: false }).catch(ignoreOlder);
      await producer.sendBatch({ acks: -1, topicMessages: [{ topic: "users", messages: states.map(recordOf) }] });
      meter.add(states.length);
    },
  });
  return async () => {
    await consumer.disconnect();
    await producer.disconnect();
    await mongo.close();
  };
});
