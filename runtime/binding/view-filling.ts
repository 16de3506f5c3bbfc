import type { Log } from "../log.ts";
import type { EventBus } from "../ports.ts";
import { sleep, type Timers } from "../timers.ts";
import type { TopicEnd } from "../view/identity-note.ts";

export type FillingOptions = {
  readonly ends: readonly TopicEnd[];
  /** Groups that feed the rows, with the topics that each reads. */
  readonly consumers: readonly { readonly group: string; readonly topics: readonly string[] }[];
  readonly bus: Pick<EventBus, "unread">;
  readonly log: Log;
  readonly timers: Timers;
  readonly now: () => number;
  readonly signal: AbortSignal;
  readonly quietMs?: number;
};

const lookEveryMs = 200;
/**
 * The last offsets of a partition may hold nothing that is ever delivered: marks of transactions, deletions that were
 * compacted away. Where nothing has come for so long, everything has.
 */
const defaultQuietMs = 30_000;

/** Resolves when the groups have settled all records before these ends, whichever process handles them. */
export const untilRead = async (options: FillingOptions): Promise<void> => {
  const { ends, consumers, bus, log, timers, now, signal, quietMs = defaultQuietMs } = options;
  const reads = consumers.flatMap(({ group, topics }) => topics.map((topic) => ({ group, topic })));
  const unread = async (): Promise<bigint> => {
    let left = 0n;
    for (const { group, topic } of reads) {
      const noted = new Map(
        ends.flatMap((each) => (each.topic === topic ? [[each.partition, BigInt(each.end)] as const] : [])),
      );
      if (noted.size > 0) left += await bus.unread(group, topic, noted);
    }
    return left;
  };

  let before: bigint | undefined;
  for (let since = now(); ; await sleep(timers, lookEveryMs, { signal })) {
    const left = await unread().catch((error: unknown) => {
      log.warn({ error }, "how far the rows of a view are could not be looked up; trying again");
      return undefined;
    });
    if (left === 0n) return;
    if (left === undefined || left !== before) since = now();
    before = left;
    if (now() - since < quietMs) continue;
    log.warn({ left: String(left) }, "nothing more comes of what a view's topics held; its rows are taken for whole");
    return;
  }
};
