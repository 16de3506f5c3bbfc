import type { Message } from "../codec.ts";
import type { Application } from "../component/application.ts";
import type { KeyFieldsOf } from "../contract/model.ts";
import { partitionKeyOf } from "../entity/key.ts";
import type { StoredEntities } from "../entity/stored-entities.ts";
import { messageId, sequenceOf } from "../eventing/envelope.ts";
import { createRecord } from "../eventing/outgoing.ts";
import type { OutgoingRecord, StoredEntity } from "../ports.ts";
import type { BoundMethod } from "./method.ts";

/** A compacted topic that the state of stored entities is published to. */
export type RepairPlan = {
  readonly topic: string;
  readonly entities: StoredEntities;
  /** The record of a state, as the unit that made it published it. */
  readonly recordOf: (stored: StoredEntity, state: Message, now: number) => OutgoingRecord;
};

/** An action's method, and the stored entities that the action changes. */
export type Publisher = { readonly method: BoundMethod; readonly changes: readonly StoredEntities[] };

/**
 * What can be repaired: topics that are compacted, and whose messages are the state of the entity that the action
 * changes. Of another message only its handler knows how it is made.
 */
export const planRepairs = (
  publishers: readonly Publisher[],
  app: Application,
  keyFieldsOf: KeyFieldsOf,
): RepairPlan[] => {
  const plans = publishers.flatMap(({ method, changes }) => {
    const { model, response, service } = method;
    const topic = model.destination;
    if (topic === undefined || app.topics?.[topic] !== "compact") return [];
    const keyFields = keyFieldsOf(model.output);
    return changes
      .filter(({ stored }) => stored.state.name === response.name)
      .map(
        (entities): RepairPlan => ({
          topic,
          entities,
          recordOf({ key, version }, state, now) {
            const output = { topic, type: response, keyFields, message: state, source: service.fullName };
            const id = messageId(entities.type, key, version, 0);
            const stamp = { id, sequence: sequenceOf(version, 0), subject: key, time: now, traceparent: undefined };
            return { ...createRecord(output, stamp), key, partitionKey: partitionKeyOf(key) };
          },
        }),
      );
  });
  // Several methods may publish the states of an entity to one topic.
  return plans.filter(
    ({ topic, entities }, i) => plans.findIndex((plan) => plan.topic === topic && plan.entities === entities) === i,
  );
};
