import type { Application } from "../component/application.ts";
import { changesTopic } from "../entity/entity-changes.ts";
import { deadLetterTopic } from "../eventing/dead-letter.ts";
import type { TopicSpec } from "../ports.ts";
import type { BoundApplication } from "./application.ts";

const changesKeptMs = 7 * 24 * 3_600_000;

/** The topics an application needs: those it reads, with their dead letters, those it writes, and its logs. */
export const topicsOf = (app: Application, bound: BoundApplication): TopicSpec[] => {
  const { consumers, registers, destinations, published } = bound;
  const policies = app.topics ?? {};
  const consumed = consumers.flatMap((consumer) => consumer.topics);
  const scanned = consumers.flatMap(({ scans = [] }) => scans.map(({ entityType }) => changesTopic(entityType)));
  const changes = new Set([...scanned, ...published.map(changesTopic)]);
  const named = new Set([...consumed, ...destinations]);
  for (const { logTopic } of registers) named.delete(logTopic);
  for (const topic of changes) named.delete(topic);
  return [
    ...[...changes].map((name): TopicSpec => ({ name, policy: { deleteAfterMs: changesKeptMs } })),
    ...registers.map(({ logTopic }): TopicSpec => ({ name: logTopic, policy: "compact" })),
    ...[...named].map((name): TopicSpec => ({ name, policy: policies[name] })),
    ...[...new Set(consumed)].map(deadLetterTopic),
  ];
};
