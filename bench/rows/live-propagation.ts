import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { type Child, startChild } from "../child.ts";
import { withMongo } from "../loop-child.ts";
import { inTurns } from "../ratio.ts";
import type { Row } from "../row.ts";
import { emptyTopics, forgetGroups } from "../topics.ts";

const changes = 300;
const slices = 3;
const mostMs = 100;

/** How long it takes until a watcher sees a change, one change after the other. */
export const livePropagation: Row = {
  name: "live-propagation",
  what: "record of users -> view-svc -> watcher of WatchUsers, one at a time",
  against: "the bare hops by hand: kafkajs, updateOne, change stream, grpc-js stream",
  async measure({ processes, profileFolder, engines }) {
    const { kafka, mongodb } = await engines();
    const ours = startChild(join(processes, "live-chain.js"), profileFolder, ["ours"]);
    const theirs = startChild(join(processes, "live-chain.js"), profileFolder, ["by-hand"]);
    const slice = (child: Child) => async (): Promise<readonly number[]> => {
      const database = `bench-${randomUUID()}`;
      await emptyTopics(kafka, ["users"]);
      await forgetGroups(kafka);
      const times = await child.ask<readonly number[]>("measure", {
        place: { kafka, mongodb, database, coalesceMs: 0 },
        count: changes,
      });
      await withMongo(mongodb, (client) => client.db(database).dropDatabase());
      return times.toSorted((a, b) => a - b);
    };
    try {
      const measured = await inTurns(slices, { ours: slice(ours), theirs: slice(theirs) });
      const at = (share: number) => ({
        ours: measured.ours.map((times) => times[Math.floor(times.length * share)] ?? Number.NaN),
        theirs: measured.theirs.map((times) => times[Math.floor(times.length * share)] ?? Number.NaN),
      });
      const p99 = at(0.99);
      return [
        { name: "p50 ms", better: "less", bar: 0.5, ...at(0.5) },
        { name: "p99 ms", better: "less", bar: 0.5, ...p99 },
        { name: "p99 ms, of 100", better: "less", bar: 1, ours: p99.ours, theirs: p99.ours.map(() => mostMs) },
      ];
    } finally {
      await Promise.all([ours.close(), theirs.close()]);
    }
  },
};
