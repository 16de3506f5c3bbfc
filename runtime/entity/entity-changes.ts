import { headersOf, messageId, sequenceOf } from "../eventing/envelope.ts";
import type { PendingMessage } from "../ports.ts";

/** The topic that changes of a type of entity are published to, where some component consumes them. */
export const changesTopic = (entityType: string): string => `_rollcall.entity.${entityType}`;

/** Tells an event's consumer the sequence of the event before it, so that it sees what it has missed. */
export const previousHeader = "rollcall_previous";

export type EntityChangeMessage = {
  readonly entityType: string;
  readonly key: string;
  readonly partitionKey: string;
  readonly version: bigint;
  /** Its number among the messages of this version. */
  readonly n: number;
  /** Full name of the state or event. */
  readonly messageType: string;
  /** `null`: the entity is deleted. */
  readonly value: Uint8Array | null;
  /** Sequence of the event before it; only of event-sourced entities, and not of the first event. */
  readonly previous: string | undefined;
  readonly time: number;
};

/** A change of an entity, or one of its events, as the message that goes to the entity's topic. */
export const changeMessage = (change: EntityChangeMessage): PendingMessage => {
  const { entityType, key, partitionKey, version, n, messageType, value, previous, time } = change;
  const headers = headersOf({
    id: messageId(entityType, key, version, n),
    source: changesTopic(entityType),
    type: messageType,
    subject: key,
    sequence: sequenceOf(version, n),
    time: new Date(time).toISOString(),
    traceparent: undefined,
  });
  return {
    topic: changesTopic(entityType),
    key,
    partitionKey,
    value,
    headers: previous === undefined ? headers : { ...headers, [previousHeader]: previous },
    sequence: pendingSequence(version, n),
  };
};

/** Sorts as text in the order of (version, n). */
export const pendingSequence = (version: bigint, n: number): string =>
  `${version.toString().padStart(20, "0")}.${n.toString().padStart(6, "0")}`;
