import { setTimeout as delay } from "node:timers/promises";
import type { Producer, TopicMessages } from "kafkajs";
import { MeshError } from "../../errors.ts";
import type { OutgoingRecord } from "../../ports.ts";
import type { KafkaClient } from "./client.ts";
import { busUnavailable } from "./errors.ts";
import { createPartitioner, toMessage } from "./partitioner.ts";

/** How long a batch waits for a connection, counted from the beginning of the outage. */
const patienceMs = 5000;
const firstBackoffMs = 50;
const lastBackoffMs = 1000;

export type Sender = {
  /** Writes one batch. After a rejection what was written is unknown. One call at a time. */
  send(records: readonly OutgoingRecord[]): Promise<void>;
  close(): Promise<void>;
};

const byTopic = (records: readonly OutgoingRecord[]): TopicMessages[] => {
  const topics = new Map<string, TopicMessages>();
  for (const record of records) {
    const group = topics.get(record.topic) ?? { topic: record.topic, messages: [] };
    group.messages.push(toMessage(record));
    topics.set(record.topic, group);
  }
  return [...topics.values()];
};

/**
 * An idempotent producer that is thrown away after any failed send. kafkajs would reuse the sequence numbers of the
 * failed batch, and the broker, if it has that batch, would take the next one for a duplicate and acknowledge what it
 * does not write. A new producer has a new producer id, which begins anew.
 */
export const createSender = (client: KafkaClient): Sender => {
  const closing = new AbortController();
  const leaving = new Set<Promise<void>>();
  let opening: Promise<Producer> | undefined;
  let downSince: number | undefined;
  let lastError: unknown;

  const discard = (producer: Producer): void => {
    const left = producer
      .disconnect()
      .catch(() => {})
      .finally(() => leaving.delete(left));
    leaving.add(left);
  };

  const newProducer = (): Producer =>
    client.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner,
      metadataMaxAge: 60_000,
      // Never again by itself: its second attempt forgets records of a partition whose leader has changed, and still
      // resolves. An idempotent producer may not say 0, and no number of attempts is below NaN.
      retry: { retries: Number.NaN },
    });

  const open = async (): Promise<Producer> => {
    for (let backoff = firstBackoffMs; ; backoff = Math.min(backoff * 2, lastBackoffMs)) {
      const producer = newProducer();
      try {
        await producer.connect();
        downSince = undefined;
        return producer;
      } catch (error) {
        discard(producer);
        downSince ??= Date.now();
        lastError = error;
        client.log.warn({ error, retryInMs: backoff }, "no connection to publish on; trying again");
      }
      await delay(backoff, undefined, { signal: closing.signal });
    }
  };

  const reopen = (): Promise<Producer> => {
    const attempt = open();
    attempt.catch(() => {});
    opening = attempt;
    return attempt;
  };

  const connected = async (): Promise<Producer> => {
    const waiting = new AbortController();
    const patience = Math.max(0, (downSince ?? Date.now()) + patienceMs - Date.now());
    const tooLate = delay(patience, undefined, { signal: waiting.signal }).catch(() => {});
    const producer = await Promise.race([opening ?? reopen(), tooLate]);
    waiting.abort();
    if (producer === undefined) throw busUnavailable("Kafka cannot be reached, nothing was sent", lastError);
    return producer;
  };

  return {
    async send(records) {
      const producer = await connected();
      try {
        await producer.sendBatch({ acks: -1, topicMessages: byTopic(records) });
      } catch (cause) {
        discard(producer);
        if (!closing.signal.aborted) void reopen();
        const text = `${records.length} records may or may not have been written: ${String(cause)}`;
        throw new MeshError("OUTCOME_UNKNOWN", text, { cause });
      }
    },
    async close() {
      closing.abort();
      const producer = await opening?.catch(() => undefined);
      if (producer !== undefined) discard(producer);
      await Promise.all(leaving);
    },
  };
};
