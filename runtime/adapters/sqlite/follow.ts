import { setImmediate as nextTurn } from "node:timers/promises";
import { MeshError } from "../../errors.ts";
import type { Follower, Following } from "../../ports.ts";
import type { LogTable } from "./log-table.ts";
import { createSignal, type Wakeups } from "./wakeups.ts";

const chunk = 500;

/** Reads every partition from the beginning, then what is appended. */
export const follow = (log: LogTable, wakeups: Wakeups, { topic, onRecord, onError }: Following): Follower => {
  const partitions = Array.from({ length: log.partitions(topic) }, (_, partition) => partition);
  const targets = partitions.map((partition) => log.end(topic, partition));
  const next = partitions.map(() => 0n);
  const grown = createSignal();
  const unlisten = wakeups.listen(topic, grown.give);
  let isClosed = false;
  let arrive: () => void = () => {};
  let fail: (error: unknown) => void = () => {};
  const caughtUp = new Promise<void>((resolve, reject) => {
    arrive = resolve;
    fail = reject;
  });
  // Who waits is told; where nobody does yet, the error reaches `onError` all the same.
  caughtUp.catch(() => {});

  const readOnce = (): boolean => {
    let isBehind = false;
    for (const partition of partitions) {
      const records = log.read(topic, partition, next[partition] as bigint, chunk);
      records.forEach(onRecord);
      const last = records.at(-1);
      if (last !== undefined) next[partition] = last.offset + 1n;
      isBehind ||= records.length === chunk;
    }
    return isBehind;
  };

  const run = async (): Promise<void> => {
    while (!isClosed) {
      const isBehind = readOnce();
      // A compacted log may end before its target: what was read without a full chunk is all there is.
      if (!isBehind || next.every((offset, partition) => offset >= (targets[partition] as bigint))) arrive();
      await (isBehind ? nextTurn() : grown.wait());
    }
  };
  const done = run().catch((error: unknown) => {
    fail(error);
    onError(error);
  });

  return {
    caughtUp,
    async close() {
      isClosed = true;
      fail(new MeshError("SHUTTING_DOWN", `the follower of "${topic}" was closed before it had caught up`));
      unlisten();
      grown.give();
      await done;
    },
  };
};
