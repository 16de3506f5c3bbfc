import type { Row } from "./row.ts";
import { changedHeartbeat } from "./rows/changed-heartbeat.ts";
import { heartbeatsToUsers } from "./rows/heartbeats-to-users.ts";
import { livePropagation } from "./rows/live-propagation.ts";
import { query } from "./rows/query.ts";
import { queryStreamed } from "./rows/query-streamed.ts";
import { unchangedHeartbeat } from "./rows/unchanged-heartbeat.ts";
import { usersToView } from "./rows/users-to-view.ts";

/** Every comparison, in the order they run. */
export const rows: readonly Row[] = [
  unchangedHeartbeat,
  changedHeartbeat,
  heartbeatsToUsers,
  usersToView,
  livePropagation,
  query,
  queryStreamed,
];
