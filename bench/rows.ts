import type { Row } from "./row.ts";
import { bulkHeartbeats } from "./rows/bulk-heartbeats.ts";
import { changedHeartbeat } from "./rows/changed-heartbeat.ts";
import { heartbeatsToUsers } from "./rows/heartbeats-to-users.ts";
import { leaseLog } from "./rows/lease-log.ts";
import { livePropagation } from "./rows/live-propagation.ts";
import { memoryPerDevice } from "./rows/memory-per-device.ts";
import { offlineDetection } from "./rows/offline-detection.ts";
import { query } from "./rows/query.ts";
import { queryStreamed } from "./rows/query-streamed.ts";
import { unchangedHeartbeat } from "./rows/unchanged-heartbeat.ts";
import { usersToView } from "./rows/users-to-view.ts";

/** Every comparison, in the order they run. */
export const rows: readonly Row[] = [
  unchangedHeartbeat,
  bulkHeartbeats,
  changedHeartbeat,
  memoryPerDevice,
  leaseLog,
  offlineDetection,
  heartbeatsToUsers,
  usersToView,
  livePropagation,
  query,
  queryStreamed,
];
