import Cluster from "kafkajs/src/cluster/index.js";
import type { KafkaClient } from "./client.ts";

export type { Cluster };

/** Aborted transactions of foreign producers are not shown. */
export const readCommitted = 1;
const metadataMaxAgeMs = 30_000;

/** Connections of one's own to the brokers, below kafkajs's producers and consumers. */
export const newCluster = ({ kafka, config }: KafkaClient): Cluster =>
  new Cluster({
    ...config,
    logger: kafka.logger(),
    allowAutoTopicCreation: false,
    isolationLevel: readCommitted,
    metadataMaxAge: metadataMaxAgeMs,
  });

/**
 * Takes a member out of its group that has crashed and cannot say so itself: the others, and its successor, would wait
 * for its session to run out.
 */
export const removeMember = async (client: KafkaClient, groupId: string, memberId: string): Promise<void> => {
  const cluster = newCluster(client);
  try {
    await cluster.connect();
    await cluster.refreshMetadataIfNecessary();
    const coordinator = await cluster.findGroupCoordinator({ groupId });
    await coordinator.leaveGroup({ groupId, memberId });
  } finally {
    await cluster.disconnect().catch(() => {});
  }
};
