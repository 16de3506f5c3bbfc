import type { LeaseRules } from "./lease-rules.ts";

/**
 * Whether this replica may answer. The others wait for its records before they let a lease lapse, but not longer
 * than until it counts as dead; so it must not answer once they may have stopped waiting. Times are of this
 * process's monotonic clock.
 */
export type Fence = {
  /** A record was handed to the log. */
  sent(number: number, now: number): void;
  /** An own record was read back: the fence counts from when it was sent, for it may have been long on its way. */
  readBack(number: number): void;
  /** Another process has this replica's name: this one never answers again. */
  close(): void;
  mayAnswer(now: number): boolean;
  /** Whether its records come back fast enough for it to decide on behalf of all. */
  isFresh(now: number): boolean;
};

export const createFence = ({ fenceMs, eligibleMs }: LeaseRules): Fence => {
  const onTheWay = new Map<number, number>();
  let openSince = Number.NEGATIVE_INFINITY;
  let isClosed = false;
  return {
    sent: (number, now) => {
      onTheWay.set(number, now);
    },
    readBack(number) {
      for (const [sent, at] of onTheWay) {
        if (sent > number) break;
        onTheWay.delete(sent);
        if (sent === number) openSince = Math.max(openSince, at);
      }
    },
    close: () => {
      isClosed = true;
    },
    mayAnswer: (now) => !isClosed && now - openSince <= fenceMs,
    isFresh: (now) => !isClosed && now - openSince < eligibleMs,
  };
};
