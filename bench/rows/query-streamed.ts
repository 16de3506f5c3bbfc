import { type Method, runQueries, withQueryServers } from "../query-servers.ts";
import { inTurns } from "../ratio.ts";
import type { Row } from "../row.ts";

const warmUpMs = 2000;
const sliceMs = 800;
const slices = 10;

/** What a message a row costs: the same query, the same rows, the same server. */
export const queryStreamed: Row = {
  name: "query-streamed",
  what: "10,000 rows of a view, a message each",
  against: "the same rows in one message",
  measure: (bench) =>
    withQueryServers(bench, async ({ client, ours }) => {
      const run = (method: Method, durationMs: number) => () =>
        runQueries(client, ours, { method, found: 10_000, concurrency: 2, durationMs });
      await inTurns(1, { ours: run("Stream", warmUpMs), theirs: run("Find", warmUpMs) });
      const runs = await inTurns(slices, { ours: run("Stream", sliceMs), theirs: run("Find", sliceMs) });
      const rate = ({ calls, seconds }: { readonly calls: number; readonly seconds: number }): number =>
        (calls * 10_000) / seconds;
      const cost = ({ calls, cpu }: { readonly calls: number; readonly cpu: number }): number => (cpu / calls) * 1000;
      return [
        { name: "rows/s", better: "more", bar: 0.6, ours: runs.ours.map(rate), theirs: runs.theirs.map(rate) },
        { name: "CPU ms/10,000 rows (*)", better: "less", ours: runs.ours.map(cost), theirs: runs.theirs.map(cost) },
      ];
    }),
};
