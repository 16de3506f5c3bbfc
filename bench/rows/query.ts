import { type Found, type QueryLoad, type QueryRun, runQueries, withQueryServers } from "../query-servers.ts";
import { inTurns } from "../ratio.ts";
import type { Figure, Row } from "../row.ts";

const warmUpMs = 1500;
const slices = 10;
const bar = 0.9;

/** A slice is many calls long: the last ones of it run alone. */
const loads: readonly { readonly found: Found; readonly concurrency: number; readonly sliceMs: number }[] = [
  { found: 1, concurrency: 64, sliceMs: 600 },
  { found: 100, concurrency: 16, sliceMs: 600 },
  { found: 10_000, concurrency: 2, sliceMs: 2500 },
];

const figures = (name: string, ours: readonly QueryRun[], theirs: readonly QueryRun[]): Figure[] => {
  const pick = (value: (run: QueryRun) => number) => ({ ours: ours.map(value), theirs: theirs.map(value) });
  return [
    { name: `calls/s, ${name}`, better: "more", bar, ...pick(({ calls, seconds }) => calls / seconds) },
    { name: "  CPU ms a call (*)", better: "less", ...pick(({ calls, cpu }) => (cpu / calls) * 1000) },
  ];
};

/** A query by one column, all rows in one message. */
export const query: Row = {
  name: "query",
  what: "a view query of 1, 100 and 10,000 rows in one message",
  against: "a grpc-js handler over the driver's find, with an index on the column",
  measure: (bench) =>
    withQueryServers(bench, async ({ client, ours, theirs }) => {
      const all: Figure[] = [];
      for (const { found, concurrency, sliceMs } of loads) {
        const load: QueryLoad = { method: "Find", found, concurrency, durationMs: sliceMs };
        const sides = (durationMs: number) => ({
          ours: () => runQueries(client, ours, { ...load, durationMs }),
          theirs: () => runQueries(client, theirs, { ...load, durationMs }),
        });
        await inTurns(1, sides(warmUpMs));
        const runs = await inTurns(slices, sides(sliceMs));
        all.push(...figures(found === 1 ? "1 row" : `${found} rows`, runs.ours, runs.theirs));
      }
      return all;
    }),
};
