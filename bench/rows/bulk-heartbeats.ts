import { join } from "node:path";
import { HeartbeatBatchRequest, PresenceHeartbeatCommand } from "../../gen/presence/heartbeat/v1/heartbeat_api.ts";
import { type Child, startChild } from "../child.ts";
import { joinAll, paths } from "../heartbeats.ts";
import type { Cost } from "../processes/answer-parent.ts";
import type { Load, Loaded } from "../processes/lean-http2.ts";
import type { Figure, Row } from "../row.ts";

const devices = 1000;
const warmUpMs = 1500;
const sliceMs = 400;
const pairs = 3;
/** Of each way in a pair. */
const slices = 5;

/** Unchanged heartbeats, many in a call, against as many calls of the same server. */
export const bulkHeartbeats: Row = {
  name: "bulk-heartbeats",
  what: "unchanged heartbeats, 1,000 in a batch or on one stream",
  against: "the same as unary calls",
  async measure({ processes, profileFolder }) {
    const unaryClient = startChild(join(processes, "unary-client.js"));
    const bulkClient = startChild(join(processes, "bulk-client.js"));
    const measured: Measured[] = [];
    try {
      for (let i = 0; i < pairs; i += 1) {
        const server = startChild(join(processes, "heartbeat-server.js"), profileFolder);
        try {
          const heartbeats = await joinAll(unaryClient, server, devices);
          const single = heartbeats.map((beat) => PresenceHeartbeatCommand.encode(beat).finish());
          const whole = [HeartbeatBatchRequest.encode(HeartbeatBatchRequest.fromPartial({ heartbeats })).finish()];
          const slice = async (durationMs: number): Promise<Measured> => {
            const of = (client: Child, name: string, load: Omit<Load, "port" | "durationMs">, beats: number) =>
              run(server, client, name, { ...load, durationMs }, beats);
            return {
              unary: await of(unaryClient, "load", { path: paths.unary, requests: single, concurrency: 64 }, 1),
              batch: await of(bulkClient, "batches", { path: paths.batch, requests: whole, concurrency: 4 }, devices),
              stream: await of(bulkClient, "stream", { path: paths.stream, requests: single, concurrency: 500 }, 1),
            };
          };
          await slice(warmUpMs);
          const taken: Measured[] = [];
          for (let n = 0; n < slices; n += 1) taken.push(await slice(sliceMs));
          measured.push({
            unary: sumOf(taken.map(({ unary }) => unary)),
            batch: sumOf(taken.map(({ batch }) => batch)),
            stream: sumOf(taken.map(({ stream }) => stream)),
          });
        } finally {
          await server.close();
        }
      }
      return figuresOf(measured);
    } finally {
      await Promise.all([unaryClient.close(), bulkClient.close()]);
    }
  },
};

/** Heartbeats sent in one way, and the seconds they took. */
type Way = { readonly beats: number; readonly seconds: number; readonly cpu: number };
type Measured = { readonly unary: Way; readonly batch: Way; readonly stream: Way };

const run = async (
  server: Child,
  client: Child,
  name: string,
  load: Omit<Load, "port">,
  beatsInCall: number,
): Promise<Way> => {
  const port = await server.ask<number>("port");
  const before = await server.ask<Cost>("cost");
  const { calls, seconds } = await client.ask<Loaded>(name, { ...load, port });
  const after = await server.ask<Cost>("cost");
  return { beats: calls * beatsInCall, seconds, cpu: after.cpu - before.cpu };
};

const sumOf = (ways: readonly Way[]): Way => {
  const sum = (field: keyof Way): number => ways.reduce((total, way) => total + way[field], 0);
  return { beats: sum("beats"), seconds: sum("seconds"), cpu: sum("cpu") };
};

const figuresOf = (measured: readonly Measured[]): Figure[] => {
  const pick = (way: "batch" | "stream", value: (way: Way) => number) => ({
    ours: measured.map((each) => value(each[way])),
    theirs: measured.map(({ unary }) => value(unary)),
  });
  const cpu = ({ cpu, beats }: Way): number => (cpu / beats) * 10_000;
  const rate = ({ beats, seconds }: Way): number => beats / seconds;
  return [
    { name: "batch: CPU s/10,000 (*)", better: "less", bar: 20, ...pick("batch", cpu) },
    { name: "  heartbeats/s", better: "more", ...pick("batch", rate) },
    { name: "stream: CPU s/10,000 (*)", better: "less", bar: 4, ...pick("stream", cpu) },
    { name: "  heartbeats/s", better: "more", ...pick("stream", rate) },
  ];
};
