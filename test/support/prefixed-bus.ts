import type { EventBus, LogRecord } from "../../runtime/ports.ts";

/**
 * A real bus whose topics and groups carry a prefix: tests of one broker that all speak of `heartbeats` keep out
 * of each other's way.
 */
export const prefixBus = (bus: EventBus, prefix: string): EventBus => {
  const outside = (topic: string): string => `${prefix}.${topic}`;
  const inside = (record: LogRecord): LogRecord => ({ ...record, topic: record.topic.slice(prefix.length + 1) });
  return {
    ensureTopics: (topics) =>
      bus.ensureTopics(topics.map((spec) => ({ ...spec, name: outside(spec.name), partitions: 2 }))),
    // A message that waited in a store is read when it is looked at: a copy of what it holds would be empty.
    publish: (records) =>
      bus.publish(
        records.map(({ topic, key, partitionKey, value, headers }) => ({
          topic: outside(topic),
          key,
          partitionKey,
          value,
          headers,
        })),
      ),
    subscribe: (subscription) =>
      bus.subscribe({
        ...subscription,
        group: outside(subscription.group),
        topics: subscription.topics.map(outside),
        onBatch: (batch) => subscription.onBatch(batch.map(inside)),
      }),
    follow: (following) =>
      bus.follow({
        ...following,
        topic: outside(following.topic),
        onRecord: (record) => following.onRecord(inside(record)),
      }),
    endOffsets: (topic) => bus.endOffsets(outside(topic)),
    holdsAll: (topic) => bus.holdsAll(outside(topic)),
    forgetGroup: (group) => bus.forgetGroup(outside(group)),
    close: () => bus.close(),
  };
};
