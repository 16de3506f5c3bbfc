import { setTimeout as delay } from "node:timers/promises";
import type { Reader, Subscription } from "../../ports.ts";
import type { AdminCalls } from "./admin.ts";
import type { KafkaClient } from "./client.ts";
import { removeMember } from "./cluster.ts";
import { busUnavailable, isHopeless, noSuchTopic, topicRecreated } from "./errors.ts";
import { joinGroup, type Membership } from "./membership.ts";

const firstBackoffMs = 100;
const lastBackoffMs = 1000;

/** Throws TOPIC_RECREATED when the group has committed what the topic does not have. */
const checkOffsets = (calls: AdminCalls, { group, topics }: Subscription): Promise<void> =>
  calls.run(`the offsets of "${group}" could not be looked up`, async (admin) => {
    const present = new Set(await admin.listTopics());
    for (const topic of topics) if (!present.has(topic)) throw noSuchTopic(topic);
    const committed = await admin.fetchOffsets({ groupId: group, topics: [...topics] });
    for (const { topic, partitions } of committed) {
      const ends = new Map(
        (await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, BigInt(high)]),
      );
      for (const { partition, offset } of partitions) {
        const end = ends.get(partition) ?? 0n;
        if (BigInt(offset) > end) throw topicRecreated(topic, partition, BigInt(offset), end);
      }
    }
  });

/** Reads as a member of a group; after a crash of the client it joins again. */
export const subscribe = async (
  client: KafkaClient,
  calls: AdminCalls,
  subscription: Subscription,
): Promise<Reader> => {
  const { group, onError } = subscription;
  const log = client.log.child({ group });
  const closing = new AbortController();
  let isOver = false;

  const giveUp = (error: unknown): void => {
    if (isOver || closing.signal.aborted) return;
    isOver = true;
    onError(error);
    void membership.then((member) => member?.leave());
  };

  const join = (): Promise<Membership> =>
    joinGroup({ client, subscription, log, onFailure: giveUp, onCrash: (error) => void rejoin(error) });

  const joinAgain = async (error: unknown, old: Promise<Membership | undefined>): Promise<Membership | undefined> => {
    // Its callbacks may run for long; whoever handles records twice at once must be ready for that anyway.
    const crashed = await old;
    void crashed?.leave();
    let reason = error;
    for (let backoff = firstBackoffMs; !isHopeless(reason); backoff = Math.min(backoff * 2, lastBackoffMs)) {
      if (isOver) return undefined;
      log.warn({ error: reason, retryInMs: backoff }, "the consumer has stopped; joining again");
      try {
        await delay(backoff, undefined, { signal: closing.signal });
        if (crashed !== undefined) await removeMember(client, group, crashed.memberId);
        return await join();
      } catch (next) {
        if (closing.signal.aborted) return undefined;
        reason = next;
      }
    }
    giveUp(busUnavailable(`group "${group}" cannot go on`, reason));
    return undefined;
  };

  const rejoin = (error: unknown): void => {
    if (!isOver && !closing.signal.aborted) membership = joinAgain(error, membership);
  };

  await checkOffsets(calls, subscription);
  let membership: Promise<Membership | undefined> = join().catch((error: unknown) => {
    throw busUnavailable(`group "${group}" could not be joined`, error);
  });
  await membership;

  return {
    async close() {
      closing.abort();
      await (await membership)?.leave();
    },
  };
};
