import type { EntityHost } from "../entity/host.ts";

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
