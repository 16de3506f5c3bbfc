import { join } from "node:path";
import {
  PresenceHeartbeatCommand,
  PresenceHeartbeatEventServiceDefinition,
} from "../../gen/presence/heartbeat/v1/heartbeat_api.ts";
import { Heartbeat } from "../../gen/presence/v1/presence.ts";
import { type Child, startChild } from "../child.ts";
import type { Load, Loaded } from "../processes/lean-http2.ts";
import type { Calls } from "../processes/unary-client.ts";
import { inTurns } from "../ratio.ts";
import type { Row } from "../row.ts";

const devices = 1000;
const concurrency = 64;
const warmUpMs = 2000;
const runMs = 3000;
const pairs = 5;

const { fullName, methods } = PresenceHeartbeatEventServiceDefinition;
const path = `/${fullName}/${methods.heartbeatEvent.name}`;

const commandOf = (device: number, version: bigint): Uint8Array =>
  PresenceHeartbeatCommand.encode(
    PresenceHeartbeatCommand.fromPartial({
      user_id: `rider-${device}`,
      device_id: "phone",
      is_online: true,
      profile: { attr1: "steel", attr2: "blue", attributes: { city: "Houston" } },
      version,
    }),
  ).finish();

/** A heartbeat that says what the register has already: no record, no write, only the reply. */
export const unchangedHeartbeat: Row = {
  name: "unchanged-heartbeat",
  what: "unchanged heartbeat, unary",
  against: "a bare grpc-js echo of the same messages",
  async measure({ processes, profileFolder }) {
    const client = startChild(join(processes, "unary-client.js"));
    const ours = startChild(join(processes, "heartbeat-server.js"), profileFolder);
    const theirs = startChild(join(processes, "echo-server.js"), profileFolder);
    try {
      const requests = await joinAll(client, await ours.ask<number>("port"));
      await expectAlike(client, ours, theirs, requests);
      const run = async (server: Child, durationMs: number) => {
        const port = await server.ask<number>("port");
        const before = await server.ask<number>("cpuSeconds");
        const load: Load = { port, path, requests, concurrency, durationMs };
        const { calls, seconds } = await client.ask<Loaded>("load", load);
        const cpuSeconds = (await server.ask<number>("cpuSeconds")) - before;
        return { rate: calls / seconds, cpu: (cpuSeconds / calls) * 10_000, busy: cpuSeconds / seconds };
      };
      for (const server of [ours, theirs]) await run(server, warmUpMs);
      const runs = await inTurns(
        pairs,
        () => run(ours, runMs),
        () => run(theirs, runMs),
      );
      const pick = (field: "rate" | "cpu" | "busy") => ({
        ours: runs.ours.map((each) => each[field]),
        theirs: runs.theirs.map((each) => each[field]),
      });
      return [
        { name: "calls/s", better: "more", bar: 0.9, ...pick("rate") },
        // Holds its meaning where the cores are shared with others, as the throughput does not.
        { name: "CPU s per 10,000 calls (*)", better: "less", ...pick("cpu") },
        { name: "cores busy in the server", better: "more", ...pick("busy") },
      ];
    } finally {
      for (const child of [client, ours, theirs]) await child.close();
    }
  },
};

/** The first heartbeat of every device; gives the bytes of its next one, which changes nothing. */
const joinAll = async (client: Child, port: number): Promise<Uint8Array[]> => {
  const joins: Calls = { port, path, requests: Array.from({ length: devices }, (_, i) => commandOf(i, 0n)) };
  const replies = await client.ask<Uint8Array[]>("replies", joins);
  return replies.map((reply, i) => commandOf(i, Heartbeat.decode(reply).version));
};

/** A comparison of unlike work says nothing: both must answer unchanged, in the same bytes. */
const expectAlike = async (client: Child, ours: Child, theirs: Child, requests: Uint8Array[]): Promise<void> => {
  const replyOf = async (server: Child): Promise<Uint8Array> => {
    const ask: Calls = { port: await server.ask<number>("port"), path, requests: requests.slice(0, 1) };
    const [reply = new Uint8Array()] = await client.ask<Uint8Array[]>("replies", ask);
    return reply;
  };
  const reply = await replyOf(ours);
  if (Heartbeat.decode(reply).is_modified) throw new Error("the heartbeat that is measured is not unchanged");
  await theirs.ask("answerLike", reply);
  if (!Buffer.from(reply).equals(await replyOf(theirs))) throw new Error("the replies differ; mend echo-server.ts");
};
