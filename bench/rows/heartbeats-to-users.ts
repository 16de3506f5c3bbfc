import { measureLoops } from "../consumer-loops.ts";
import type { Row } from "../row.ts";

/** Both write a state's latest version in a batch once at most, and publish every one. */
export const heartbeatsToUsers: Row = {
  name: "heartbeats-to-users",
  what: "state-svc: heartbeats -> MongoDB -> users",
  against: "kafkajs eachBatch + guarded bulkWrite + sendBatch by hand",
  measure: (bench) =>
    measureLoops(bench, {
      source: "heartbeats",
      ours: { file: "service-loop.js", argument: "state" },
      theirs: "state-loop.js",
      backlog: 60_000,
      bar: 0.7,
    }),
};
