// What view-svc does, as one would write it by hand: each batch of `users` into MongoDB.
import { Kafka, logLevel } from "kafkajs";
import { MongoBulkWriteError, MongoClient } from "mongodb";
import { UserPresenceState } from "../../gen/presence/v1/presence.ts";
import { serveLoop } from "./loop.ts";

type Row = { readonly _id: string; readonly version: bigint; readonly row: object };

const keyOf = ({ user_id, device_id }: UserPresenceState): string => `${user_id}/${device_id}`;

/** What the queries of view-svc need, as ours derives it: `rollcall describe proto` shows it. */
const indexes = [
  { "row.profile.attributes.team": 1 },
  { "row.is_online": 1 },
  { "row.user_id": 1, "row.device_id": 1, _id: 1 },
  { "row.profile.attr1": 1, "row.profile.attr2": 1 },
  { "row.profile.attr2": 1 },
  { "row.last_seen.seconds": -1, _id: 1 },
] as const;

/** An upsert whose guard does not hold tries to insert; then the row is there already, with a newer state. */
const ignoreOlder = (error: unknown): void => {
  const isOlder =
    error instanceof MongoBulkWriteError && [error.writeErrors].flat().every(({ code }) => code === 11000);
  if (!isOlder) throw error;
};

serveLoop(async ({ kafka: brokers, mongodb, database }, meter) => {
  const writeConcern = { w: "majority", journal: true } as const;
  const mongo = await new MongoClient(mongodb, { useBigInt64: true, writeConcern }).connect();
  const rows = mongo.db(database).collection<Row>("users");
  await rows.createIndexes(indexes.map((key) => ({ key })));
  const kafka = new Kafka({ clientId: "by-hand", brokers: brokers.split(","), logLevel: logLevel.ERROR });
  const consumer = kafka.consumer({ groupId: `by-hand-${database}`, maxWaitTimeInMs: 250 });
  await consumer.connect();
  await consumer.subscribe({ topics: ["users"], fromBeginning: true });
  await consumer.run({
    partitionsConsumedConcurrently: 4,
    async eachBatch({ batch }) {
      const latest = new Map<string, UserPresenceState>();
      for (const { value } of batch.messages) {
        const state = UserPresenceState.decode(value ?? new Uint8Array());
        const key = keyOf(state);
        if ((latest.get(key)?.version ?? -1n) < state.version) latest.set(key, state);
      }
      const updates = [...latest].map(([_id, { _unknownFields, ...row }]) => ({
        updateOne: {
          filter: { _id, version: { $lt: row.version } },
          update: { $set: { version: row.version, row } },
          upsert: true,
        },
      }));
      await rows.bulkWrite(updates, { ordered: false }).catch(ignoreOlder);
      meter.add(batch.messages.length);
    },
  });
  return async () => {
    await consumer.disconnect();
    await mongo.close();
  };
});
