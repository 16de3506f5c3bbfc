import type { EventBus, OutgoingRecord, Ports } from "../ports.ts";
import type { Activity } from "./activity.ts";

/** What an application has published, in the order it was. */
export type Published = readonly OutgoingRecord[];

export type WatchedPorts = { readonly ports: Ports; readonly published: Published };

/** Ports for an application whose every step at them is noted, and what it publishes kept. */
export const watchPorts = (ports: Ports, activity: Activity): WatchedPorts => {
  const published: OutgoingRecord[] = [];
  const bus: EventBus = {
    ...watched(ports.bus, "the event log", activity),
    async publish(records) {
      await activity.during("publishing", ports.bus.publish(records));
      published.push(...records);
    },
    subscribe: (subscription) =>
      ports.bus.subscribe({
        ...subscription,
        onBatch: (batch) =>
          activity.during(`the consumer "${subscription.group}" at ${placeOf(batch[0])}`, subscription.onBatch(batch)),
      }),
    follow: (following) =>
      ports.bus.follow({
        ...following,
        onRecord(record) {
          activity.note();
          following.onRecord(record);
        },
      }),
  };
  const entities = {
    ...watched(ports.entities, "the entity store", activity),
    journal: watched(ports.entities.journal, "the journal", activity),
    notes: watched(ports.entities.notes, "the notes", activity),
  };
  return {
    ports: { bus, entities, views: watched(ports.views, "the view store", activity), close: ports.close },
    published,
  };
};

const placeOf = (record: { readonly topic: string; readonly partition: number; readonly offset: bigint } | undefined) =>
  `${record?.topic}/${record?.partition}/${record?.offset}`;

/** A port whose calls are noted. */
const watched = <T extends object>(port: T, name: string, activity: Activity): T => {
  const calls = Object.entries(port).flatMap(([method, call]) => {
    if (typeof call !== "function") return [];
    const watchedCall = (...args: unknown[]): unknown => {
      const result: unknown = call.apply(port, args);
      activity.note();
      return result instanceof Promise ? activity.during(`${method} of ${name}`, result) : result;
    };
    return [[method, watchedCall]];
  });
  return { ...port, ...Object.fromEntries(calls) };
};
