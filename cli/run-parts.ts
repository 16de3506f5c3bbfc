import type { Ports } from "../runtime/ports.ts";
import type { RunningProcess } from "../runtime/run-process.ts";

export type Closing = { close(): Promise<void> };

/** Starts parts over ports, or nothing: what has started is closed again when a later part fails. */
export const startParts = async (
  ports: Ports,
  start: (keep: <T extends Closing>(part: T) => T) => Promise<void>,
): Promise<RunningProcess> => {
  const started: Closing[] = [];
  // All at once: each has the whole of the deadline, and none keeps the ports from being closed.
  const close = async (): Promise<void> => {
    const results = await Promise.allSettled(started.map((part) => part.close()));
    await ports.close();
    for (const result of results) if (result.status === "rejected") throw result.reason;
  };
  try {
    await start((part) => {
      started.push(part);
      return part;
    });
    return { close };
  } catch (error) {
    await close();
    throw error;
  }
};
