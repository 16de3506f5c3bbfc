import type { EventBus } from "../../runtime/ports.ts";
import { recordsOf } from "./topics.ts";

/** The longest time, in milliseconds, in which no replica appended to the lease log. */
export const longestGap = async (bus: EventBus, entityType: string): Promise<number> => {
  const times = (await recordsOf(bus, `_rollcall.lease.${entityType}`)).map(({ timestamp }) => timestamp);
  return times.reduce((longest, time, i) => Math.max(longest, time - (times[i - 1] ?? time)), 0);
};
