import type { EntityHost } from "../entity/host.ts";
import type { VersionClock } from "../entity/version-clock.ts";
import type { Log } from "../log.ts";
import type { EventBus } from "../ports.ts";
import type { Timers } from "../timers.ts";

/** What every host of such entities runs on. */
export type FollowedOptions = {
  readonly bus: EventBus;
  readonly clock: VersionClock;
  readonly now: () => number;
  readonly log: Log;
  readonly timers: Timers;
};

/** Entities held in memory by every replica: the fold of a log that all of them follow. */
export type FollowedEntities = EntityHost & {
  /** Follows the log; resolves when everything that stood in it has been read and this replica may answer. */
  start(onError: (error: unknown) => void): Promise<void>;
  close(): Promise<void>;
  /** Resolves when the log answers, and this replica has read it up to where it ended when asked and may answer. */
  isCurrent(signal: AbortSignal): Promise<void>;
  readonly logTopic: string;
  /** A topic of one partition by which the replicas tell that they are there. */
  readonly leaseTopic: string | undefined;
};
