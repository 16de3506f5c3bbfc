import { randomUUID } from "node:crypto";
import type { Log } from "../log.ts";
import type { EventBus, Follower, LogRecord } from "../ports.ts";
import type { Timers } from "../timers.ts";

const everyMs = 2000;
/** Who has not been heard of for so long is not there. */
const silentMs = 10_000;

const replicaHeader = "rollcall_replica";
const leavingHeader = "rollcall_leaving";

export type ReplicaRollOptions = {
  /** One partition: its append times are the one clock. */
  readonly topic: string;
  readonly bus: EventBus;
  readonly timers: Timers;
  readonly log: Log;
};

/** Which replicas there are: each says so every two seconds. */
export type ReplicaRoll = {
  readonly topic: string;
  readonly self: string;
  /** Those that were heard of within ten seconds of the last that was heard; this one among them. */
  present(): ReadonlySet<string>;
  /** Resolves when this replica has been told who is there, and they have been told of it. */
  start(onError: (error: unknown) => void): Promise<void>;
  close(): Promise<void>;
};

export const createReplicaRoll = ({ topic, bus, timers, log }: ReplicaRollOptions): ReplicaRoll => {
  const self = randomUUID();
  const heardAt = new Map<string, number>();
  let lastAt = 0;
  let follower: Follower | undefined;
  let stopAnnouncing = (): void => {};
  let announcing: Promise<void> = Promise.resolve();

  const onRecord = ({ headers, timestamp }: LogRecord): void => {
    const replica = headers[replicaHeader];
    if (replica === undefined) return;
    lastAt = Math.max(lastAt, timestamp);
    if (headers[leavingHeader] === undefined) heardAt.set(replica, timestamp);
    else heardAt.delete(replica);
    for (const [each, at] of heardAt) if (lastAt - at > silentMs) heardAt.delete(each);
  };

  const publish = (headers: Readonly<Record<string, string>>): Promise<void> =>
    bus.publish([{ topic, key: self, value: new Uint8Array(), headers: { [replicaHeader]: self, ...headers } }]);

  const announce = (): void => {
    announcing = publish({}).catch((error: unknown) =>
      log.warn({ topic, error }, "the other replicas may miss this one"),
    );
    stopAnnouncing = timers.after(everyMs, announce, { ref: false });
  };

  return {
    topic,
    self,
    present: () => new Set(heardAt.keys()).add(self),
    async start(onError) {
      await publish({});
      follower = await bus.follow({ topic, onRecord, onError });
      await follower.caughtUp;
      announce();
    },
    async close() {
      stopAnnouncing();
      await announcing;
      await publish({ [leavingHeader]: "1" }).catch((error: unknown) =>
        log.debug({ topic, error }, "the other replicas will miss this one in ten seconds"),
      );
      await follower?.close();
    },
  };
};
