import { encodeMessage, type Message } from "../codec.ts";
import { MeshError } from "../errors.ts";
import { messageId, sequenceOf } from "../eventing/envelope.ts";
import { createRecord } from "../eventing/outgoing.ts";
import type { Log } from "../log.ts";
import type { EntityStore, EntityType, EventBus, OutgoingRecord, PendingMessage, StoredEntity } from "../ports.ts";
import { type ConsumedPosition, highestApplied, isApplied, withApplied } from "./applied.ts";
import { changeMessage, pendingSequence } from "./entity-changes.ts";
import { AlreadyApplied, type Commit, type EntityHost, type LoadRequest, type Overtaken } from "./host.ts";
import { loadInTime, storeWaitMs } from "./load-in-time.ts";
import { createPublished } from "./published.ts";
import type { Relayed } from "./relay.ts";
import { createTurns } from "./turns.ts";
import type { VersionClock } from "./version-clock.ts";
import type { Waker } from "./waker.ts";

export type StoredEntitiesOptions = {
  readonly type: EntityType;
  readonly emptyState: () => Message;
  /** Whether states are published for consumers of the entity. */
  readonly publishesChanges: boolean;
  /** When a state asks to be woken, and who is told when that stands. */
  readonly wakes?: { readonly at: (state: Message) => number | undefined; readonly waker: Waker } | undefined;
  readonly store: EntityStore;
  readonly bus: EventBus;
  readonly clock: VersionClock;
  readonly now: () => number;
  readonly log: Log;
};

export type StoredEntities = EntityHost &
  Relayed & {
    readonly stored: EntityType;
    /**
     * The version of an entity that is above the one given. `undefined` when there is none, or the entity is no more.
     * Throws while messages of it are on their way.
     */
    newerThan(key: string, version: bigint): Promise<bigint | undefined>;
    /** Publishes what `recordOf` makes of the state again, under its turn, if it still has that version. */
    republish(
      key: string,
      version: bigint,
      recordOf: (stored: StoredEntity, state: Message) => OutgoingRecord,
    ): Promise<void>;
  };

/**
 * Value entities of one type. State, messages and consumed position are saved in one write; then the
 * messages are published, with those that were left over before them, then forgotten.
 */
export const createStoredEntities = (options: StoredEntitiesOptions): StoredEntities => {
  const { type, emptyState, publishesChanges, wakes, store, bus, clock, now, log } = options;
  const turns = createTurns();
  const published = createPublished((key, through) => store.clearPending(type, key, through), {
    isBusy: turns.isTaken,
    onError: (key, error) =>
      log.warn({ entity: type.name, key, error }, "published messages are not forgotten yet; the relay will see to it"),
  });

  /** Under the key's turn, so that messages go out in the order of their changes. */
  const send = async (key: string, pending: readonly PendingMessage[]): Promise<void> => {
    const last = pending.at(-1);
    if (last === undefined) return;
    turns.commit(key);
    await bus.publish(pending);
    published.note(key, last.sequence);
  };

  const refuseApplied = async (stored: StoredEntity, position: ConsumedPosition): Promise<void> => {
    const applied = stored.applied.get(position.source);
    if (applied === undefined || !isApplied(applied, position.offset)) return;
    turns.commit(stored.key);
    await requireWithinLog(bus, position.source, highestApplied(applied));
    await send(stored.key, published.without(stored.key, stored.pending));
    throw new AlreadyApplied(`record ${position.offset} of ${position.source} is applied already`);
  };

  const messagesOf = (commit: Commit, time: number): readonly PendingMessage[] => {
    const pending = pendingOf(type, commit, time);
    if (publishesChanges) pending.push(stateMessage(type, commit, pending.length, time));
    return pending;
  };

  /** One write of what the last change left, with the messages of all. */
  const commitRun = async (
    { key, loaded }: Commit,
    last: Commit,
    commits: readonly Commit[],
  ): Promise<Overtaken | undefined> => {
    const { position } = last;
    const time = now();
    const pending = commits.flatMap((commit) => messagesOf(commit, time));
    const wakeAt = last.state && wakes?.at(last.state);
    const forgetsEarlier = loaded.pending.length === 0 && published.has(key);
    const outcome = await store.save(type, {
      key,
      expectedVersion: loaded.version,
      version: last.version,
      state: last.state,
      pending,
      forgetsEarlier,
      applied: position && { source: position.source, offsets: withApplied(last.loaded.applied, position) },
      wakeAt,
    });
    if (outcome === "conflict") return { kind: "overtaken", again: undefined };
    wakes?.waker.note(key, wakeAt);
    if (forgetsEarlier) published.forget(key);
    // Committed messages are certain to go out: if not now, then with the key's next change or by the relay.
    await send(key, [...loaded.pending, ...pending]).catch((error: unknown) =>
      log.warn({ entity: type.name, key, error }, "messages are committed but not published yet; they will be"),
    );
    return undefined;
  };

  return {
    type: type.name,
    stored: type,
    turns,
    emptyState,
    nextVersion: (_, current) => clock.next(current),
    waitMs: storeWaitMs,
    async load({ key, position, waitedMs = 0 }: LoadRequest) {
      const stored = await loadInTime(key, waitedMs, () => store.load(type, key));
      if (stored === undefined) return { version: 0n, state: undefined, pending: [] };
      if (position !== undefined) await refuseApplied(stored, position);
      const { version, state } = stored;
      const pending = published.without(key, stored.pending);
      const applied = position === undefined ? undefined : stored.applied.get(position.source);
      return { version, state, pending, applied };
    },
    commit: (commit) => commitRun(commit, commit, [commit]),
    commitAll: async (commits) => {
      const [first, last] = [commits[0], commits.at(-1)];
      return first && last && commitRun(first, last, commits);
    },
    async newerThan(key, version) {
      const stored = await store.load(type, key);
      if (stored?.state === undefined || stored.version <= version) return undefined;
      if (stored.pending.length === 0) return stored.version;
      throw new MeshError("OUTCOME_UNKNOWN", `messages of "${key}" are on their way`);
    },
    async republish(key, version, recordOf) {
      await turns.enter(key);
      try {
        const stored = await store.load(type, key);
        if (stored?.state === undefined || stored.version !== version) return;
        turns.commit(key);
        await bus.publish([recordOf(stored, stored.state)]);
      } finally {
        turns.leave(key);
      }
    },
    pending: () => store.pending(type),
    settle: published.settle,
    async flush(key) {
      await turns.enter(key);
      try {
        await send(key, published.without(key, (await store.load(type, key))?.pending ?? []));
      } finally {
        turns.leave(key);
      }
    },
  };
};

/** The new state for the consumers of the entity; a tombstone for a deleted one. */
const stateMessage = (type: EntityType, commit: Commit, n: number, time: number): PendingMessage => {
  const { key, partitionKey, version, state } = commit;
  const value = state === undefined ? null : encodeMessage(type.state, state);
  const messageType = type.state.name;
  return changeMessage({
    entityType: type.name,
    key,
    partitionKey,
    version,
    n,
    messageType,
    value,
    previous: undefined,
    time,
  });
};

/** The outputs of a unit as messages of its entity's version, numbered from `first`. */
export const pendingOf = (
  type: EntityType,
  { key, version, outputs, traceparent }: Commit,
  time: number,
  first = 0,
): PendingMessage[] =>
  outputs.map((output, i) => {
    const n = first + i;
    const stamp = { id: messageId(type.name, key, version, n), sequence: sequenceOf(version, n) };
    const record = createRecord(output, { ...stamp, subject: key, time, traceparent });
    return { ...record, sequence: pendingSequence(version, n) };
  });

/** An applied position beyond the log's end is one of another log: skipping by it would lose records. */
export const requireWithinLog = async (bus: EventBus, source: string, applied: bigint): Promise<void> => {
  const [group, topic, partition] = JSON.parse(source) as [string, string, number];
  const end = (await bus.endOffsets(topic)).get(partition) ?? 0n;
  if (applied < end) return;
  throw new MeshError(
    "TOPIC_RECREATED",
    `an entity has applied record ${applied} of topic "${topic}", partition ${partition}, which ends at ${end}: the topic was made anew; give the consumer "${group}" another consumer_group, or restore the topic`,
  );
};
