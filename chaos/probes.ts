import { setTimeout as delay } from "node:timers/promises";
import type { MeshClient } from "../cli/load/mesh-client.ts";

// Enough for every partition to have one, almost always.
const count = 24;
const everyMs = 100;
const beatWithinMs = 2000;

/**
 * Sends the first heartbeats of some new devices until the view shows all of them, and gives how long that took:
 * from then on everything works again. Rejects when the time is up.
 */
export const whenRecovered = async (mesh: MeshClient, prefix: string, withinMs: number): Promise<number> => {
  const startedAt = performance.now();
  const waiting = new Set(Array.from({ length: count }, (_, i) => `${prefix}probe-${i}`));
  const beat = async (userId: string): Promise<void> => {
    const said = { isOnline: true, profile: { attr1: userId, attr2: "", attributes: {} } };
    await mesh.beat({ userId, deviceId: "phone", said, version: 0n }, beatWithinMs);
  };
  while (waiting.size > 0) {
    if (performance.now() - startedAt > withinMs) {
      throw new Error(`after ${withinMs / 1000} s the view does not show ${[...waiting].join(", ")}`);
    }
    await Promise.all([...waiting].map(beat));
    const rows = await mesh.users(beatWithinMs).catch(() => []);
    for (const { userId } of rows) waiting.delete(userId);
    await delay(everyMs);
  }
  return performance.now() - startedAt;
};
