import { join } from "node:path";
import { startChild } from "../child.ts";
import type { Silence } from "../processes/silence-loop.ts";
import type { Figure, Row } from "../row.ts";
import { removeTopics } from "../topics.ts";

const load: Silence = { devices: 2000, overMs: 4000 };
/** What is promised of 99 in 100 that fall silent. */
const promisedMs = 1000;

/** From the end of a device's lease to the record that says offline, as a consumer reads it. */
export const offlineDetection: Row = {
  name: "offline-detection",
  what: `ms from the end of a lease to the offline record, ${load.devices.toLocaleString("en")} devices`,
  against: "the promised second",
  async measure({ processes, profileFolder, engines }) {
    const { kafka } = await engines();
    await removeTopics(kafka, ["heartbeats", "_rollcall.lease.user_presence_heartbeat"]);
    const figures: Figure[] = [];
    for (const [way, args] of [
      ["embedded", []],
      ["Kafka", [kafka]],
    ] as const) {
      const child = startChild(join(processes, "silence-loop.js"), profileFolder, args);
      try {
        const late = (await child.ask<number[]>("delays", load)).toSorted((a, b) => a - b);
        const quantile = (share: number) => [late[Math.floor(share * (late.length - 1))] ?? Number.NaN];
        const theirs = [promisedMs];
        figures.push(
          { name: `${way}: p50`, better: "less", ours: quantile(0.5), theirs },
          { name: `${way}: p99`, better: "less", bar: 1, ours: quantile(0.99), theirs },
          { name: `${way}: earliest`, better: "less", ours: quantile(0), theirs },
        );
      } finally {
        await child.close();
      }
    }
    return figures;
  },
};
