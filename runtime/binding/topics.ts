import type { Application } from "../component/application.ts";
import { deadLetterTopic } from "../eventing/dead-letter.ts";
import type { TopicSpec } from "../ports.ts";
import type { BoundApplication } from "./application.ts";

/** The topics an application needs: those it reads, with their dead letters, those it writes, and its logs. */
export const topicsOf = (app: Application, { consumers, registers, destinations }: BoundApplication): TopicSpec[] => {
  const policies = app.topics ?? {};
  const consumed = consumers.flatMap((consumer) => consumer.topics);
  const named = new Set([...consumed, ...destinations]);
  for (const { logTopic } of registers) named.delete(logTopic);
  return [
    ...registers.map(({ logTopic }): TopicSpec => ({ name: logTopic, policy: "compact" })),
    ...[...named].map((name): TopicSpec => ({ name, policy: policies[name] })),
    ...[...new Set(consumed)].map(deadLetterTopic),
  ];
};
