import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startChild } from "../child.ts";
import type { Row } from "../row.ts";

const devices = 100_000;
/** They bring what is there whatever the number of devices: code, and first pages of everything. */
const first = 2000;
const budgetBytes = 1024;
/** Until every beat stands in the lease log. */
const settleMs = 2000;

/** What heartbeat-svc holds of each device that is online, with a profile of three fields. */
export const memoryPerDevice: Row = {
  name: "memory-per-device",
  what: `memory of heartbeat-svc per online device, of ${devices.toLocaleString("en")}`,
  against: "a budget of 1 KB",
  async measure({ processes }) {
    const child = startChild(join(processes, "register-memory.js"));
    try {
      const memoryOf = async (from: number, to: number): Promise<number> => {
        await child.ask("join", { from, to });
        await delay(settleMs);
        return child.ask<number>("memory");
      };
      const before = await memoryOf(0, first);
      const after = await memoryOf(first, devices);
      const bytes = (after - before) / (devices - first);
      return [{ name: "bytes/device", better: "less", bar: 1, ours: [bytes], theirs: [budgetBytes] }];
    } finally {
      await child.close();
    }
  },
};
