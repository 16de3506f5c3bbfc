import { join } from "node:path";
import { type Child, startChild } from "../child.ts";
import type { Cost as ProcessCost } from "../processes/answer-parent.ts";
import type { ChangedLoad, ChangedLoaded } from "../processes/changed-load.ts";
import { inTurns } from "../ratio.ts";
import type { Row } from "../row.ts";
import { emptyTopics } from "../topics.ts";

const devices = 5000;
const concurrency = 1000;
const warmUpMs = 2000;
const sliceMs = 1000;
const slices = 2;
const pairs = 5;

/**
 * Changes through the register's endpoint, in process: acknowledged when they are read back from the log. A caller of
 * the raw producer learns only that they are written.
 */
export const changedHeartbeat: Row = {
  name: "changed-heartbeat",
  what: "changed heartbeats through the register, 1,000 at once, without gRPC",
  against: "kafkajs sendBatch of 1,000 such records",
  async measure({ processes, profileFolder, engines }) {
    const { kafka } = await engines();
    await emptyTopics(kafka, ["heartbeats", "by-hand"]);
    const ours = startChild(join(processes, "register-loop.js"), profileFolder, [kafka]);
    const theirs = startChild(join(processes, "raw-producer.js"), profileFolder, [kafka]);
    try {
      const slice = (child: Child, durationMs: number) => () => run(child, durationMs);
      await inTurns(1, { ours: slice(ours, warmUpMs), theirs: slice(theirs, warmUpMs) });
      const measured: { readonly ours: Run[]; readonly theirs: Run[] } = { ours: [], theirs: [] };
      for (let i = 0; i < pairs; i += 1) {
        const pair = await inTurns(slices, { ours: slice(ours, sliceMs), theirs: slice(theirs, sliceMs) });
        measured.ours.push(sumOf(pair.ours));
        measured.theirs.push(sumOf(pair.theirs));
      }
      const pick = (value: (run: Run) => number) => ({
        ours: measured.ours.map(value),
        theirs: measured.theirs.map(value),
      });
      return [
        { name: "records/s", better: "more", bar: 0.6, ...pick(({ records, seconds }) => records / seconds) },
        { name: "CPU s/10,000 records (*)", better: "less", ...pick(({ records, cpu }) => (cpu / records) * 10_000) },
        { name: "cores busy", better: "more", ...pick(({ cpu, seconds }) => cpu / seconds) },
      ];
    } finally {
      await Promise.all([ours.close(), theirs.close()]);
    }
  },
};

type Run = ChangedLoaded & { readonly cpu: number };

const run = async (child: Child, durationMs: number): Promise<Run> => {
  const load: ChangedLoad = { devices, concurrency, durationMs };
  const before = await child.ask<ProcessCost>("cost");
  const loaded = await child.ask<ChangedLoaded>("load", load);
  const after = await child.ask<ProcessCost>("cost");
  return { ...loaded, cpu: after.cpu - before.cpu };
};

const sumOf = (runs: readonly Run[]): Run => {
  const sum = (field: keyof Run): number => runs.reduce((total, each) => total + each[field], 0);
  return { records: sum("records"), seconds: sum("seconds"), cpu: sum("cpu") };
};
