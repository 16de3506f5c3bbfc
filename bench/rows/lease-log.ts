import { join } from "node:path";
import { startChild } from "../child.ts";
import type { Beating, LeaseLogCost } from "../processes/lease-log.ts";
import type { Row } from "../row.ts";

const load: Beating = { devices: 10_000, replicas: 3, seconds: 300 };
const runs = 3;
/** A byte a second for each device. */
const budgetBytes = 10_000;

/** What the lease log costs for each 10,000 devices that beat every 30 s. */
export const leaseLog: Row = {
  name: "lease-log",
  what: `the lease log of ${load.replicas} replicas, 10,000 devices that beat every 30 s, without its transport`,
  against: "a byte a second for each device, and a thousandth of a core",
  async measure({ processes, profileFolder }) {
    const child = startChild(join(processes, "lease-log.js"), profileFolder);
    try {
      await child.ask("run", load);
      const costs: LeaseLogCost[] = [];
      for (let i = 0; i < runs; i += 1) costs.push(await child.ask<LeaseLogCost>("run", load));
      const { replicas, seconds } = load;
      const of = (value: (cost: LeaseLogCost) => number, budget: number) => ({
        ours: costs.map(value),
        theirs: costs.map(() => budget),
      });
      return [
        { name: "bytes/s", better: "less", bar: 1, ...of(({ bytes }) => bytes / seconds, budgetBytes) },
        {
          name: "CPU ms/s in a replica",
          better: "less",
          bar: 1,
          ...of(({ cpu }) => (cpu / replicas / seconds) * 1000, 1),
        },
      ];
    } finally {
      await child.close();
    }
  },
};
