// The view of queries.proto as rollcall serves it, over rows in MongoDB.
import { setTimeout as delay } from "node:timers/promises";
import { UserPresenceState } from "../../gen/presence/v1/presence.ts";
import { connectMongo } from "../../runtime/adapters/mongodb/client.ts";
import { createMongoViewStore } from "../../runtime/adapters/mongodb/view-store.ts";
import { openSqlitePorts } from "../../runtime/adapters/sqlite/ports.ts";
import { view } from "../../runtime/component/view.ts";
import { headersOf } from "../../runtime/eventing/envelope.ts";
import { createLog } from "../../runtime/log.ts";
import type { OutgoingRecord } from "../../runtime/ports.ts";
import { serve } from "../../runtime/serve.ts";
import { answerParent, startCounting } from "./answer-parent.ts";
import { QueriesDefinition, type QueryPlace } from "./queries.ts";

const log = createLog("warn");

const recordOf = (value: Uint8Array): OutgoingRecord => {
  const { user_id, device_id, version } = UserPresenceState.decode(value);
  const key = `${user_id}/${device_id}`;
  const headers = headersOf({
    id: key,
    source: "bench",
    type: "presence.v1.UserPresenceState",
    subject: key,
    sequence: `${version}.0`,
    time: new Date().toISOString(),
    traceparent: undefined,
  });
  return { topic: "users", key, partitionKey: user_id, value, headers };
};

/** Resolves to the port when every row is there. */
const start = async ({ mongodb, database, descriptors, rows }: QueryPlace): Promise<number> => {
  const { db } = await connectMongo({ url: mongodb, database, log });
  const ports = { ...openSqlitePorts({ folder: ":memory:" }), views: createMongoViewStore(db) };
  const application = {
    name: "bench",
    descriptors,
    components: [view(QueriesDefinition)],
    topics: { users: "compact" },
  } as const;
  const { port } = await serve(application, {
    ports,
    host: "127.0.0.1",
    port: 0,
    log,
    maxCalls: 10_000,
    maxRequestBytes: 1 << 20,
    maxResponseBytes: 1 << 24,
    giveUpAfterMs: 60_000,
    shutdownMs: 1000,
  });
  for (let i = 0; i < rows.length; i += 1000) await ports.bus.publish(rows.slice(i, i + 1000).map(recordOf));
  for (const isTable = /^Queries_users_/; ; await delay(20)) {
    const table = (await db.listCollections({}, { nameOnly: true }).toArray()).find(({ name }) => isTable.test(name));
    if (table !== undefined && (await db.collection(table.name).countDocuments()) === rows.length) return port;
  }
};

answerParent({ start, cost: startCounting() });
