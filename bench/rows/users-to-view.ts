import { measureLoops } from "../consumer-loops.ts";
import type { Row } from "../row.ts";

/** The view's rows, of which each batch writes only the latest of a key, on both sides. */
export const usersToView: Row = {
  name: "users-to-view",
  what: "view-svc: users -> MongoDB",
  against: "kafkajs eachBatch + guarded bulkWrite by hand",
  measure: (bench) =>
    measureLoops(bench, {
      source: "users",
      ours: { file: "service-loop.js", argument: "view" },
      theirs: "view-loop.js",
      backlog: 60_000,
      bar: 0.8,
    }),
};
