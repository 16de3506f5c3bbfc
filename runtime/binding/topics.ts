import type { Application } from "../component/application.ts";
import { changesTopic } from "../entity/entity-changes.ts";
import { deadLetterTopic } from "../eventing/dead-letter.ts";
import type { TopicSpec } from "../ports.ts";
import type { BoundApplication } from "./application.ts";

const changesKeptMs = 7 * 24 * 3_600_000;
/** One partition: its order and its append times are the one clock of the leases. */
const leaseLog = (name: string): TopicSpec => ({ name, policy: { deleteAfterMs: 3_600_000 }, partitions: 1 });

/** The topics an application needs: those it reads, with their dead letters, those it writes, and its logs. */
export const topicsOf = (app: Application, bound: BoundApplication): TopicSpec[] => {
  const { consumers, followed, destinations, published } = bound;
  const policies = app.topics ?? {};
  const consumed = consumers.flatMap((consumer) => consumer.topics);
  const scanned = consumers.flatMap(({ scans = [] }) => scans.map(({ entityType }) => changesTopic(entityType)));
  const changes = new Set([...scanned, ...published.map(changesTopic)]);
  const named = new Set([...consumed, ...destinations]);
  for (const { logTopic } of followed) named.delete(logTopic);
  for (const topic of changes) named.delete(topic);
  return [
    ...[...changes].map((name): TopicSpec => ({ name, policy: { deleteAfterMs: changesKeptMs } })),
    ...followed.map(({ logTopic }): TopicSpec => ({ name: logTopic, policy: "compact" })),
    ...followed.flatMap(({ leaseTopic }) => (leaseTopic === undefined ? [] : [leaseLog(leaseTopic)])),
    ...[...named].map((name): TopicSpec => ({ name, policy: policies[name] })),
    ...[...new Set(consumed)].map(deadLetterTopic),
  ];
};
