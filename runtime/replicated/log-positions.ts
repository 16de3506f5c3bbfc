import { setTimeout as delay } from "node:timers/promises";
import type { EventBus, LogRecord } from "../ports.ts";

const pollMs = 20;

/** How far this process has read a log. */
export type LogPositions = {
  read(record: LogRecord): void;
  hasRead(ends: ReadonlyMap<number, bigint>): boolean;
  /** Resolves when the log answers, what it ended with when asked has been read, and `isReady` holds. */
  reachEnd(bus: EventBus, topic: string, isReady: () => boolean, signal: AbortSignal): Promise<void>;
};

export const createLogPositions = (): LogPositions => {
  const positions = new Map<number, bigint>();
  const hasRead: LogPositions["hasRead"] = (ends) =>
    [...ends].every(([partition, end]) => (positions.get(partition) ?? 0n) >= end);
  return {
    read: ({ partition, offset }) => {
      positions.set(partition, offset + 1n);
    },
    hasRead,
    async reachEnd(bus, topic, isReady, signal) {
      const ends = await bus.endOffsets(topic);
      while (!isReady() || !hasRead(ends)) await delay(pollMs, undefined, { signal, ref: false });
    },
  };
};
