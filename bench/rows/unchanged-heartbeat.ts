import { join } from "node:path";
import { PresenceHeartbeatCommand } from "../../gen/presence/heartbeat/v1/heartbeat_api.ts";
import { Heartbeat } from "../../gen/presence/v1/presence.ts";
import { type Child, startChild } from "../child.ts";
import { joinAll, paths } from "../heartbeats.ts";
import type { Cost as ServerCost } from "../processes/answer-parent.ts";
import type { Load, Loaded } from "../processes/lean-http2.ts";
import type { Calls } from "../processes/unary-client.ts";
import { inTurns } from "../ratio.ts";
import type { Figure, Row } from "../row.ts";

const devices = 1000;
const concurrency = 64;
const warmUpMs = 1000;
const sliceMs = 300;
/** The median of fewer varies by a tenth on a machine that others use too. */
const pairs = 11;
/** Of each side in a pair. */
const slices = 8;

/** A heartbeat that says what the register has already: no record, no write, only the reply. */
export const unchangedHeartbeat: Row = {
  name: "unchanged-heartbeat",
  what: "unchanged heartbeat, unary",
  against: "a bare grpc-js echo of the same messages",
  async measure({ processes, profileFolder }) {
    const client = startChild(join(processes, "unary-client.js"));
    try {
      const measured: { readonly ours: Cost[]; readonly theirs: Cost[] } = { ours: [], theirs: [] };
      for (let i = 0; i < pairs; i += 1) {
        // New processes for each pair: how much of a call outlives a scavenge is settled once in a process's
        // life, differently each time, and costs up to a quarter of its CPU.
        const ours = startChild(join(processes, "heartbeat-server.js"), profileFolder);
        const theirs = startChild(join(processes, "echo-server.js"), profileFolder);
        try {
          const beats = await joinAll(client, ours, devices);
          const requests = beats.map((beat) => PresenceHeartbeatCommand.encode(beat).finish());
          await expectAlike(client, ours, theirs, requests);
          const warmUp = (server: Child) => () => run(client, server, requests, warmUpMs);
          await inTurns(1, { ours: warmUp(ours), theirs: warmUp(theirs) });
          const slice = (server: Child) => () => run(client, server, requests, sliceMs);
          const pair = await inTurns(slices, { ours: slice(ours), theirs: slice(theirs) });
          measured.ours.push(costOf(pair.ours));
          measured.theirs.push(costOf(pair.theirs));
        } finally {
          await Promise.all([ours.close(), theirs.close()]);
        }
      }
      return figuresOf(measured);
    } finally {
      await client.close();
    }
  },
};

/** What a slice took, in calls and seconds. */
type Slice = Loaded & ServerCost;
type Cost = { readonly rate: number; readonly cpu: number; readonly collection: number; readonly busy: number };

const run = async (client: Child, server: Child, requests: Uint8Array[], durationMs: number): Promise<Slice> => {
  const port = await server.ask<number>("port");
  const before = await server.ask<ServerCost>("cost");
  const load: Load = { port, path: paths.unary, requests, concurrency, durationMs };
  const loaded = await client.ask<Loaded>("load", load);
  const after = await server.ask<ServerCost>("cost");
  return { ...loaded, cpu: after.cpu - before.cpu, collection: after.collection - before.collection };
};

/** Of all slices of one side together. */
const costOf = (slices: readonly Slice[]): Cost => {
  const sum = (field: keyof Slice): number => slices.reduce((total, slice) => total + slice[field], 0);
  const per10k = (total: number): number => (total / sum("calls")) * 10_000;
  return {
    rate: sum("calls") / sum("seconds"),
    cpu: per10k(sum("cpu")),
    collection: per10k(sum("collection")),
    busy: sum("cpu") / sum("seconds"),
  };
};

const figuresOf = (measured: { readonly ours: readonly Cost[]; readonly theirs: readonly Cost[] }): Figure[] => {
  const pick = (field: keyof Cost) => ({
    ours: measured.ours.map((each) => each[field]),
    theirs: measured.theirs.map((each) => each[field]),
  });
  return [
    { name: "calls/s", better: "more", bar: 0.9, ...pick("rate") },
    { name: "CPU s/10,000 calls (*)", better: "less", ...pick("cpu") },
    { name: "  of it collection", better: "less", ...pick("collection") },
    { name: "cores busy in the server", better: "more", ...pick("busy") },
  ];
};

/** A comparison of unlike work says nothing: both must answer unchanged, in the same bytes. */
const expectAlike = async (client: Child, ours: Child, theirs: Child, requests: Uint8Array[]): Promise<void> => {
  const replyOf = async (server: Child): Promise<Uint8Array> => {
    const ask: Calls = { port: await server.ask<number>("port"), path: paths.unary, requests: requests.slice(0, 1) };
    const [reply = new Uint8Array()] = await client.ask<Uint8Array[]>("replies", ask);
    return reply;
  };
  const reply = await replyOf(ours);
  if (Heartbeat.decode(reply).is_modified) throw new Error("the heartbeat that is measured is not unchanged");
  await theirs.ask("answerLike", reply);
  if (!Buffer.from(reply).equals(await replyOf(theirs))) throw new Error("the replies differ; mend echo-server.ts");
};
