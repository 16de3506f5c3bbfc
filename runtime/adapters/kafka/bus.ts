// A service outside the repository compiles what it imports, not whatever lies in this folder.
/// <reference path="./kafkajs-internals.d.ts" />
import { MeshError } from "../../errors.ts";
import type { Log } from "../../log.ts";
import type { EventBus, Reader } from "../../ports.ts";
import { createAdminCalls } from "./admin.ts";
import { createClient } from "./client.ts";
import { ignoreUnknownGroup, isUnknownTopic, noSuchTopic } from "./errors.ts";
import { follow } from "./follow.ts";
import { createPublisher } from "./publisher.ts";
import { createSender } from "./sender.ts";
import { subscribe } from "./subscription.ts";
import { createTopics } from "./topics.ts";

export type KafkaBusOptions = {
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** Of created topics, the brokers' default when left out; 3 or more also makes existing ones be looked at. */
  readonly replication?: number;
  /** Of created topics that do not say; 8 when left out. */
  readonly defaultPartitions?: number;
  /** How long an idle publisher waits for more before it sends; not at all when left out. */
  readonly coalesceWindowMs?: number;
  /** How long a request may take; a publish that takes longer has an unknown outcome. 10 s when left out. */
  readonly requestTimeoutMs?: number;
  readonly log: Log;
};

/** The event log as topics of Kafka. Rejects with BUS_UNAVAILABLE when no broker can be reached. */
export const createKafkaBus = async (options: KafkaBusOptions): Promise<EventBus> => {
  const {
    brokers,
    clientId,
    replication,
    defaultPartitions,
    coalesceWindowMs,
    requestTimeoutMs = 10_000,
    log,
  } = options;
  const client = createClient({ brokers, clientId, requestTimeoutMs, log });
  const calls = createAdminCalls(client);
  await calls.run(`Kafka at ${brokers.join(", ")} cannot be reached`, (admin) => admin.describeCluster());
  const topics = createTopics({ calls, replication, partitions: defaultPartitions, log });
  const sender = createSender(client);
  const submit = createPublisher(sender, topics, coalesceWindowMs);
  const readers = new Set<Reader>();
  const publishing = new Set<Promise<void>>();
  let isClosed = false;

  const checkOpen = (): void => {
    if (isClosed) throw new MeshError("BUS_UNAVAILABLE", "the event log is closed");
  };

  /** Keeps a reader until it is closed; one that opened while the bus closed is closed at once. */
  const keep = async (reader: Reader): Promise<() => Promise<void>> => {
    const close = async (): Promise<void> => {
      await reader.close();
      readers.delete(reader);
    };
    if (isClosed) await reader.close();
    checkOpen();
    readers.add(reader);
    return close;
  };

  return {
    async ensureTopics(specs) {
      checkOpen();
      await topics.ensure(specs);
    },
    async publish(records) {
      checkOpen();
      if (records.length === 0) return;
      const work = submit(records).finally(() => publishing.delete(work));
      publishing.add(work);
      await work;
    },
    async subscribe(subscription) {
      checkOpen();
      return { close: await keep(await subscribe(client, calls, subscription)) };
    },
    async follow(following) {
      checkOpen();
      const follower = await follow(client, following);
      return { caughtUp: follower.caughtUp, close: await keep(follower) };
    },
    async endOffsets(topic) {
      const offsets = await calls.run(`the end of "${topic}" could not be looked up`, (admin) =>
        admin.fetchTopicOffsets(topic).catch((error: unknown) => {
          throw isUnknownTopic(error) ? noSuchTopic(topic) : error;
        }),
      );
      return new Map(offsets.map(({ partition, high }) => [partition, BigInt(high)]));
    },
    async holdsAll(topic) {
      if (await topics.isCompacted(topic)) return true;
      const offsets = await calls.run(`the start of "${topic}" could not be looked up`, (admin) =>
        admin.fetchTopicOffsets(topic),
      );
      return offsets.every(({ low }) => BigInt(low) === 0n);
    },
    async forgetGroup(group) {
      await calls.run(`the group "${group}" could not be deleted`, (admin) =>
        admin.deleteGroups([group]).catch(ignoreUnknownGroup),
      );
    },
    async close() {
      isClosed = true;
      await Promise.allSettled(publishing);
      await Promise.all([...readers].map((reader) => reader.close()));
      await Promise.all([sender.close(), calls.close()]);
    },
  };
};
