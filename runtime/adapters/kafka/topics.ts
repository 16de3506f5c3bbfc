import { setTimeout as delay } from "node:timers/promises";
import kafkajs, { type Admin } from "kafkajs";
import { MeshError } from "../../errors.ts";
import type { Log } from "../../log.ts";
import type { TopicSpec } from "../../ports.ts";
import type { AdminCalls } from "./admin.ts";
import { isHopeless, isTopicThere, isUnknownTopic, noSuchTopic } from "./errors.ts";
import { factsOf, isMismatch, judgedSettings, needsKeys, newTopicSettings, type TopicFacts } from "./topic-config.ts";

// kafkajs is CommonJS, and Node does not find the names of these two in it.
const { ConfigResourceTypes, KafkaJSAggregateError } = kafkajs;

const defaultPartitions = 8;
const servedWithinMs = 10_000;

export type Topics = {
  ensure(specs: readonly TopicSpec[]): Promise<void>;
  /** Whether the topic keeps the last record of every key, and deletes nothing else. */
  isCompacted(topic: string): Promise<boolean>;
  /** Whether the topic takes no record without a key; throws INVALID_RECORD when there is no such topic. */
  needsKeys(topic: string): Promise<boolean>;
  /** The same without waiting, when it is known. */
  knownNeedsKeys(topic: string): boolean | undefined;
};

export type TopicsOptions = {
  readonly calls: AdminCalls;
  /** Of the topics that are created; `undefined` leaves it to the brokers. */
  readonly replication: number | undefined;
  readonly partitions: number | undefined;
  readonly log: Log;
};

const describe = async (admin: Admin, names: readonly string[]): Promise<ReadonlyMap<string, TopicFacts>> => {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: names.map((name) => ({ type: ConfigResourceTypes.TOPIC, name, configNames: [...judgedSettings] })),
  });
  return new Map(resources.map(({ resourceName, configEntries }) => [resourceName, factsOf(configEntries)]));
};

/** Another process may have created some of them a moment ago. */
const ignoreExisting = (error: unknown): void => {
  const errors = error instanceof KafkaJSAggregateError ? error.errors : [error];
  const real = errors.find((each) => !isTopicThere(each));
  if (real !== undefined) throw real;
};

/** Until the leader of each partition answers for it: a broker learns of a new topic a moment after it exists. */
const whenServed = async (admin: Admin, topic: string): Promise<void> => {
  for (const deadline = Date.now() + servedWithinMs; ; ) {
    try {
      await admin.fetchTopicOffsets(topic);
      return;
    } catch (error) {
      if (isHopeless(error) || Date.now() >= deadline) throw error;
      await delay(20);
    }
  }
};

export const createTopics = ({ calls, replication, partitions = defaultPartitions, log }: TopicsOptions): Topics => {
  const known = new Map<string, boolean>();

  const create = (admin: Admin, specs: readonly TopicSpec[]): Promise<unknown> =>
    admin
      .createTopics({
        topics: specs.map((spec) => ({
          topic: spec.name,
          numPartitions: spec.partitions ?? partitions,
          replicationFactor: replication ?? -1,
          configEntries: newTopicSettings(spec.policy, replication ?? 0),
        })),
      })
      .catch(ignoreExisting);

  /** What is not as it should be but can be worked with is told, with the remedy. */
  const warnAbout = async (admin: Admin, facts: ReadonlyMap<string, TopicFacts>): Promise<void> => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [...facts.keys()] });
    for (const { name, partitions: all } of topics) {
      const copies = Math.min(...all.map(({ replicas }) => replicas.length));
      const { minInSync, timestamps } = facts.get(name) as TopicFacts;
      if (timestamps !== "LogAppendTime") {
        log.warn({ topic: name }, "the topic has its producers' times; set message.timestamp.type=LogAppendTime");
      }
      if (replication === undefined || replication < 3) continue;
      if (copies < 3) log.warn({ topic: name, copies }, "the topic has fewer than 3 replicas; reassign its partitions");
      if (minInSync < 2) {
        log.warn({ topic: name, minInSync }, "one replica is enough for a write; set min.insync.replicas=2");
      }
    }
  };

  const ensure = async (admin: Admin, specs: ReadonlyMap<string, TopicSpec>): Promise<void> => {
    const present = new Set(await admin.listTopics());
    const missing = [...specs.values()].filter(({ name }) => !present.has(name));
    if (missing.length > 0) await create(admin, missing);
    await Promise.all(missing.map(({ name }) => whenServed(admin, name)));
    const facts = await describe(admin, [...specs.keys()]);
    for (const [name, found] of facts) {
      const policy = specs.get(name)?.policy;
      if (isMismatch(found, policy)) {
        const wanted = policy === "compact" ? "compact" : "delete";
        throw new MeshError(
          "TOPIC_MISMATCH",
          `topic "${name}" has cleanup.policy=${found.cleanup}, the services need ${wanted}; set it with kafka-configs, or use another name`,
        );
      }
      known.set(name, needsKeys(found));
    }
    await warnAbout(admin, facts);
  };

  return {
    async ensure(specs) {
      // The first of several that says a policy counts; a consumer often says none.
      const unique = new Map<string, TopicSpec>();
      for (const spec of specs) if (unique.get(spec.name)?.policy === undefined) unique.set(spec.name, spec);
      if (unique.size > 0) await calls.run("topics could not be prepared", (admin) => ensure(admin, unique));
    },
    isCompacted: (topic) =>
      calls.run(`topic "${topic}" could not be looked up`, async (admin) => {
        const facts = (await describe(admin, [topic])).get(topic);
        return facts?.cleanup === "compact";
      }),
    async needsKeys(topic) {
      const present = known.get(topic);
      if (present !== undefined) return present;
      const facts = await calls.run(`topic "${topic}" could not be looked up`, async (admin) => {
        try {
          return (await describe(admin, [topic])).get(topic);
        } catch (error) {
          if (isUnknownTopic(error)) throw noSuchTopic(topic);
          throw error;
        }
      });
      if (facts === undefined) throw noSuchTopic(topic);
      known.set(topic, needsKeys(facts));
      return needsKeys(facts);
    },
    knownNeedsKeys: (topic) => known.get(topic),
  };
};
