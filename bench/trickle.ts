import { setTimeout as delay } from "node:timers/promises";
import type { EventBus, OutgoingRecord } from "../runtime/ports.ts";
import type { Child } from "./child.ts";
import type { Engines } from "./engines.ts";
import { reach } from "./loop-child.ts";
import type { Cost } from "./processes/answer-parent.ts";
import { countRecords } from "./topics.ts";

const perSecond = 1000;
const forMs = 4000;
/** As a service that publishes at once would: a few at a time. */
const everyMs = 4;

/** What a running loop uses for 10,000 records that come a few at a time. */
export const trickle = async (
  engines: Engines,
  child: Child,
  bus: EventBus,
  records: (count: number) => readonly OutgoingRecord[],
) => {
  const source = records(1)[0]?.topic ?? "";
  let expected = await countRecords(bus, source);
  const first = expected;
  await reach(child, expected);
  const before = await child.ask<Cost>("cost");
  const enginesBefore = await engines.cost();

  const sending: Promise<void>[] = [];
  const startedAt = performance.now();
  while (performance.now() - startedAt < forMs) {
    const due = first + Math.floor(((performance.now() - startedAt) * perSecond) / 1000);
    if (due > expected) sending.push(bus.publish(records(due - expected)));
    expected = Math.max(due, expected);
    await delay(everyMs);
  }
  await Promise.all(sending);
  await reach(child, expected);

  const after = await child.ask<Cost>("cost");
  const enginesAfter = await engines.cost();
  const per10k = (total: number): number => (total / (expected - first)) * 10_000;
  return {
    cpu: per10k(after.cpu - before.cpu),
    mongod: per10k(enginesAfter.mongod - enginesBefore.mongod),
    kafka: per10k(enginesAfter.kafka - enginesBefore.kafka),
  };
};
