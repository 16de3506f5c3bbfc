import type { Row } from "./row.ts";
import { unchangedHeartbeat } from "./rows/unchanged-heartbeat.ts";

/** Every comparison, in the order they run. */
export const rows: readonly Row[] = [unchangedHeartbeat];
