// From a record of `users` to a watcher of view-svc: as view-svc does it, or by hand; the argument says which.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Client, credentials, Server, ServerCredentials, type ServerWritableStream } from "@grpc/grpc-js";
import { Kafka, logLevel } from "kafkajs";
import { MongoClient } from "mongodb";
import { projectRoot } from "../../engines/project-root.ts";
import { UserPresenceState } from "../../gen/presence/v1/presence.ts";
import { UserChange } from "../../gen/presence/view/v1/view_api.ts";
import { readConfig } from "../../runtime/config.ts";
import { createLog } from "../../runtime/log.ts";
import { openPorts } from "../../runtime/open-ports.ts";
import { serve } from "../../runtime/serve.ts";
import { viewService } from "../../view-svc/service.ts";
import { createRecords, openBus } from "../topics.ts";
import { answerParent } from "./answer-parent.ts";
import type { LoopPlace } from "./loop.ts";

const path = "/presence.view.v1.PresenceQueryApi/WatchUsers";
const descriptors = readFileSync(join(projectRoot(), "gen", "descriptors.binpb"));

/** Something that serves the watch, and how it is ended. */
type Chain = { readonly port: number; close(): Promise<unknown> };

const ours = async ({ kafka, mongodb, database }: LoopPlace): Promise<Chain> => {
  const config = readConfig({
    ROLLCALL_KAFKA: kafka,
    ROLLCALL_MONGODB: mongodb,
    ROLLCALL_MONGODB_DATABASE: database,
  });
  const log = createLog("warn");
  const ports = await openPorts(config, log, "view-svc");
  const served = await serve(viewService(descriptors), { ...config, ports, port: 0, log });
  return { port: served.port, close: () => served.close().finally(ports.close) };
};

/** Each hop bare: consume, one guarded write that a majority has, its change stream, a gRPC stream. */
const byHand = async ({ kafka: brokers, mongodb, database }: LoopPlace): Promise<Chain> => {
  const writeConcern = { w: "majority", journal: true } as const;
  const mongo = await new MongoClient(mongodb, { useBigInt64: true, writeConcern }).connect();
  const rows = mongo.db(database).collection<{ _id: string; version: bigint; row: object }>("users");
  await mongo.db(database).createCollection("users");
  const watchers = new Set<ServerWritableStream<Buffer, Buffer>>();
  const changes = rows.watch([], { fullDocument: "updateLookup" });
  changes.on("change", (change) => {
    if (!("fullDocument" in change) || change.fullDocument === undefined) return;
    const { _id: key, row } = change.fullDocument;
    const bytes = UserChange.encode(UserChange.fromPartial({ change: "UPDATE", key, row })).finish();
    for (const watcher of watchers) watcher.write(Buffer.from(bytes));
  });
  const kafka = new Kafka({ clientId: "by-hand", brokers: brokers.split(","), logLevel: logLevel.ERROR });
  const consumer = kafka.consumer({ groupId: `by-hand-${database}`, maxWaitTimeInMs: 250 });
  await consumer.connect();
  await consumer.subscribe({ topics: ["users"], fromBeginning: true });
  await consumer.run({
    partitionsConsumedConcurrently: 4,
    async eachMessage({ message: { value } }) {
      const { _unknownFields, ...row } = UserPresenceState.decode(value ?? new Uint8Array());
      const filter = { _id: `${row.user_id}/${row.device_id}` };
      await rows.updateOne(filter, { $set: { version: row.version, row } }, { upsert: true });
    },
  });
  const server = new Server();
  const same = (bytes: Buffer): Buffer => bytes;
  const asBytes = {
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
  server.addService(
    { watch: { path, requestStream: false, responseStream: true, ...asBytes } },
    {
      watch: (call: ServerWritableStream<Buffer, Buffer>) => {
        watchers.add(call);
        call.on("cancelled", () => watchers.delete(call));
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return {
    port,
    async close() {
      server.forceShutdown();
      await consumer.disconnect();
      await changes.close();
      await mongo.close();
    },
  };
};

/** Sends one change after the other; each time until the watcher has it, in milliseconds. */
const measure = async (place: LoopPlace, count: number): Promise<readonly number[]> => {
  const chain = await (process.argv[2] === "ours" ? ours : byHand)(place);
  const bus = await openBus(place.kafka);
  const client = new Client(`127.0.0.1:${chain.port}`, credentials.createInsecure());
  const call = client.makeServerStreamRequest(
    path,
    (bytes: Buffer) => bytes,
    (bytes: Buffer) => UserChange.decode(bytes),
    Buffer.alloc(0),
  );
  call.on("error", () => {}); // It is cancelled in the end.
  let seen: { readonly version: bigint; readonly resolve: () => void } | undefined;
  call.on("data", ({ row }: UserChange) => {
    if (seen !== undefined && row?.version === seen.version) seen.resolve();
  });
  const records = createRecords("users", 500);
  const change = async (): Promise<number> => {
    const [record] = records(1);
    const { version } = UserPresenceState.decode(record?.value ?? new Uint8Array());
    const arrived = new Promise<void>((resolve) => {
      seen = { version, resolve };
    });
    const begin = performance.now();
    await Promise.all([bus.publish(record === undefined ? [] : [record]), arrived]);
    return performance.now() - begin;
  };
  const times: number[] = [];
  for (let i = 0; i < count + warmUp; i += 1) times.push(await change());
  call.cancel();
  client.close();
  await bus.close();
  await chain.close();
  return times.slice(warmUp);
};

/** Until the group has joined and everything is compiled. */
const warmUp = 50;

answerParent({ measure: ({ place, count }: { place: LoopPlace; count: number }) => measure(place, count) });
