import { createErrorFromCode } from "kafkajs/src/protocol/error.js";
import fetchRequest from "kafkajs/src/protocol/requests/fetch/v10/request.js";
import type { KafkaClient } from "./client.ts";
import { type Cluster, newCluster, readCommitted } from "./cluster.ts";
import { type FetchedPartition, fetchResponse } from "./fetch-response.ts";

/** A fetch waits so long for a record; it answers at once when there is one. */
const maxWaitMs = 250;
/** A fetch is decoded in one go, and nothing else runs meanwhile. */
const maxBytes = 1_048_576;

export type Position = { readonly partition: number; readonly offset: bigint };

/** A topic read by partition and offset, without a group. One connection a broker; after an error it is of no use. */
export type LogReader = {
  /** The partitions by the broker that leads them, as they were at the start. */
  readonly leaders: ReadonlyMap<number, readonly number[]>;
  offsets(which: "earliest" | "latest"): Promise<ReadonlyMap<number, bigint>>;
  /** What stands from the positions on; waits a moment when nothing does. Throws the first error of a partition. */
  fetch(leader: number, positions: readonly Position[]): Promise<readonly FetchedPartition[]>;
  /** Whether partitions were added or have other leaders. */
  hasChanged(): Promise<boolean>;
  close(): Promise<void>;
};

const leadersOf = (cluster: Cluster, topic: string): ReadonlyMap<number, readonly number[]> => {
  const leaders = new Map<number, number[]>();
  for (const { partitionId, leader } of cluster.findTopicPartitionMetadata(topic)) {
    const partitions = leaders.get(leader) ?? [];
    partitions.push(partitionId);
    leaders.set(leader, partitions);
  }
  for (const partitions of leaders.values()) partitions.sort((a, b) => a - b);
  return leaders;
};

const text = (leaders: ReadonlyMap<number, readonly number[]>): string =>
  JSON.stringify([...leaders].sort(([a], [b]) => a - b));

export const openLogReader = async (client: KafkaClient, topic: string): Promise<LogReader> => {
  const cluster = newCluster(client);
  const close = (): Promise<void> => cluster.disconnect().catch(() => {});
  try {
    await cluster.connect();
    await cluster.addTargetTopic(topic);
  } catch (error) {
    await close();
    throw error;
  }
  const leaders = leadersOf(cluster, topic);
  const partitions = [...leaders.values()].flat().map((partition) => ({ partition }));
  let turn = 0;

  return {
    leaders,
    async offsets(which) {
      const fromBeginning = which === "earliest";
      const [found] = await cluster.fetchTopicsOffset([{ topic, fromBeginning, partitions }]);
      return new Map(found?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]));
    },
    async fetch(leader, positions) {
      const broker = await cluster.findBroker({ nodeId: leader });
      // The answer is filled in the order of the request; each partition is first in turn.
      const first = turn++ % positions.length;
      const ordered = [...positions.slice(first), ...positions.slice(0, first)];
      // From version 11 on (KIP-392) a broker also answers as a follower: one that has just handed a partition over, in
      // order to stop, gives nothing new and no error until it is gone. Before, it says that it does not lead.
      const request = fetchRequest({
        replicaId: -1,
        maxWaitTime: maxWaitMs,
        minBytes: 1,
        maxBytes,
        isolationLevel: readCommitted,
        topics: [
          {
            topic,
            partitions: ordered.map(({ partition, offset }) => ({ partition, fetchOffset: String(offset), maxBytes })),
          },
        ],
      });
      const fetched = await broker.connectionPool.send({ request, response: fetchResponse });
      const failed = fetched.find(({ errorCode }) => errorCode !== 0);
      if (failed !== undefined) throw createErrorFromCode(failed.errorCode);
      return fetched;
    },
    async hasChanged() {
      await cluster.refreshMetadataIfNecessary();
      return text(leadersOf(cluster, topic)) !== text(leaders);
    },
    close,
  };
};
