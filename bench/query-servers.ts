import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { buildProtos } from "../cli/build-protos.ts";
import { projectRoot } from "../engines/project-root.ts";
import { UserPresenceState } from "../gen/presence/v1/presence.ts";
import { UsersResponse } from "../gen/presence/view/v1/view_api.ts";
import { type Child, startChild } from "./child.ts";
import { withMongo } from "./loop-child.ts";
import type { Cost as ProcessCost } from "./processes/answer-parent.ts";
import type { Load, Loaded } from "./processes/lean-http2.ts";
import { QueriesDefinition, type QueryPlace } from "./processes/queries.ts";
import type { Calls } from "./processes/unary-client.ts";
import type { Bench } from "./row.ts";
import { changeOf } from "./topics.ts";

/** How many rows a query finds: so many have this reason. */
export type Found = 1 | 100 | 10_000;
export type Method = "Find" | "Stream";

export type QueryServer = { readonly child: Child; readonly port: number };
export type QueryServers = { readonly client: Child; readonly ours: QueryServer; readonly theirs: QueryServer };

const sizes: readonly Found[] = [1, 100, 10_000];

const rowsOf = (found: Found): readonly Uint8Array[] =>
  Array.from({ length: found }, (_, n) =>
    UserPresenceState.encode(
      UserPresenceState.fromPartial({
        ...changeOf(n, found),
        user_id: `rider-${found}-${n}`,
        reason: `R${found}`,
        version: BigInt(n + 1),
        last_seen: { seconds: 1_800_000_000n + BigInt(n), nanos: 5_000_000 },
      }),
    ).finish(),
  );

const pathOf = (method: Method): string => `/${QueriesDefinition.fullName}/${method}`;
const requestOf = (found: Found): Uint8Array =>
  UserPresenceState.encode(UserPresenceState.fromPartial({ reason: `R${found}` })).finish();

const descriptors = async (): Promise<Uint8Array> => {
  const proto = (name: string): Promise<string> => readFile(join(projectRoot(), "proto", name), "utf8");
  const imported = ["presence/v1/presence.proto", "presence/view/v1/view_api.proto"];
  const sources = new Map<string, string>([
    ["queries.proto", await readFile(join(projectRoot(), "bench", "queries.proto"), "utf8")],
  ]);
  for (const name of imported) sources.set(name, await proto(name));
  const built = await buildProtos(sources);
  if ("bytes" in built) return built.bytes;
  throw new Error(built.mistakes.map(({ text }) => text).join("\n"));
};

/** Some work on both servers over the same rows, which answer the same bytes; nothing is left of them afterwards. */
export const withQueryServers = async <T>(
  { processes, profileFolder, engines }: Bench,
  work: (servers: QueryServers) => Promise<T>,
): Promise<T> => {
  const { mongodb } = await engines();
  const databases = { ours: `bench-${randomUUID()}`, theirs: `bench-${randomUUID()}` };
  const client = startChild(join(processes, "unary-client.js"));
  const ours = startChild(join(processes, "query-server.js"), profileFolder);
  const theirs = startChild(join(processes, "find-server.js"), profileFolder);
  try {
    const place = { mongodb, descriptors: await descriptors(), rows: sizes.flatMap(rowsOf) };
    const start = async (child: Child, database: string): Promise<QueryServer> => ({
      child,
      port: await child.ask<number>("start", { ...place, database } satisfies QueryPlace),
    });
    const servers = { client, ours: await start(ours, databases.ours), theirs: await start(theirs, databases.theirs) };
    for (const found of sizes) await expectAlike(servers, found);
    return await work(servers);
  } finally {
    await Promise.all([client.close(), ours.close(), theirs.close()]);
    await withMongo(mongodb, async (mongo) => {
      for (const name of Object.values(databases)) await mongo.db(name).dropDatabase();
    });
  }
};

/** A comparison of unlike work says nothing: the same rows in the same bytes, but for their order, which is free. */
const expectAlike = async ({ client, ours, theirs }: QueryServers, found: Found): Promise<void> => {
  const replyOf = async ({ port }: QueryServer, method: Method): Promise<Uint8Array> => {
    const calls: Calls = { port, path: pathOf(method), requests: [requestOf(found)] };
    const [reply = new Uint8Array()] = await client.ask<Uint8Array[]>("replies", calls);
    return reply;
  };
  const rowsIn = (reply: Uint8Array): Buffer[] =>
    UsersResponse.decode(reply).results.map((row) => Buffer.from(UserPresenceState.encode(row).finish()));
  const [reply, other] = [await replyOf(ours, "Find"), await replyOf(theirs, "Find")];
  const sorted = (list: Buffer[]): Buffer => Buffer.concat(list.toSorted(Buffer.compare));
  const rows = rowsIn(reply);
  if (rows.length !== found) throw new Error(`ours finds ${rows.length} rows, and not ${found}`);
  if (reply.length !== other.length || !sorted(rows).equals(sorted(rowsIn(other))))
    throw new Error("the replies differ");
  const framed = Buffer.concat(
    rows.flatMap((row) => {
      const head = Buffer.alloc(5);
      head.writeUInt32BE(row.length, 1);
      return [head, row];
    }),
  );
  // The client has taken the head of the first message.
  if (!framed.subarray(5).equals(await replyOf(ours, "Stream"))) throw new Error("the stream has other rows");
};

export type QueryRun = { readonly calls: number; readonly seconds: number; readonly cpu: number };

/** Calls of one query for some time, and what they cost the server. */
export const runQueries = async (
  client: Child,
  { child, port }: QueryServer,
  { method, found, concurrency, durationMs }: QueryLoad,
): Promise<QueryRun> => {
  const before = await child.ask<ProcessCost>("cost");
  const load: Load = { port, path: pathOf(method), requests: [requestOf(found)], concurrency, durationMs };
  const loaded = await client.ask<Loaded>("load", load);
  const after = await child.ask<ProcessCost>("cost");
  return { ...loaded, cpu: after.cpu - before.cpu };
};

export type QueryLoad = {
  readonly method: Method;
  readonly found: Found;
  readonly concurrency: number;
  readonly durationMs: number;
};
