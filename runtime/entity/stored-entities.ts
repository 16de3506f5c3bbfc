import type { Message } from "../codec.ts";
import { MeshError } from "../errors.ts";
import { messageId, sequenceOf } from "../eventing/envelope.ts";
import { createRecord } from "../eventing/outgoing.ts";
import type { Log } from "../log.ts";
import type { AppliedPosition, EntityStore, EntityType, EventBus, PendingMessage, StoredEntity } from "../ports.ts";
import { AlreadyApplied, type Commit, type EntityHost, type LoadRequest } from "./host.ts";
import { createTurns } from "./turns.ts";
import type { VersionClock } from "./version-clock.ts";

export type StoredEntitiesOptions = {
  readonly type: EntityType;
  readonly emptyState: () => Message;
  readonly store: EntityStore;
  readonly bus: EventBus;
  readonly clock: VersionClock;
  readonly now: () => number;
  readonly log: Log;
};

export type StoredEntities = EntityHost & {
  /** Publishes what was committed and not published, for keys that no command touches. */
  relay(): Promise<void>;
};

/**
 * Value entities of one type. State, messages and consumed position are saved in one write; then the
 * messages are published, then forgotten. Messages left over by a crash go out before anything else of
 * their key does.
 */
export const createStoredEntities = (options: StoredEntitiesOptions): StoredEntities => {
  const { type, emptyState, store, bus, clock, now, log } = options;
  const turns = createTurns();

  const send = async (key: string, pending: readonly PendingMessage[]): Promise<void> => {
    await bus.publish(pending);
    await store.clearPending(type, key, (pending.at(-1) as PendingMessage).sequence);
  };

  const refuseApplied = async (stored: StoredEntity, { source, offset }: AppliedPosition): Promise<void> => {
    const applied = stored.applied.get(source);
    if (applied === undefined || offset > applied) return;
    await requireWithinLog(bus, source, applied);
    throw new AlreadyApplied(`record ${offset} of ${source} is applied already`);
  };

  return {
    type: type.name,
    turns,
    emptyState,
    nextVersion: clock.next,
    async load({ key, position, hasTurn }: LoadRequest) {
      const stored = await store.load(type, key);
      if (stored === undefined) return { version: 0n, state: undefined, isInDoubt: false };
      if (hasTurn && stored.pending.length > 0) await send(key, stored.pending);
      if (position !== undefined) await refuseApplied(stored, position);
      return { version: stored.version, state: stored.state, isInDoubt: false };
    },
    async commit(commit: Commit) {
      const { key, loaded, version, state, position } = commit;
      const pending = pendingOf(type, commit, now());
      const outcome = await store.save(type, {
        key,
        expectedVersion: loaded.version,
        version,
        state,
        pending,
        applied: position,
      });
      if (outcome === "conflict") return { kind: "overtaken", basis: undefined };
      if (pending.length === 0) return undefined;
      // Committed messages are certain to go out: if not now, then before the key's next command or by the relay.
      await send(key, pending).catch((error: unknown) =>
        log.warn({ entity: type.name, key, error }, "messages are committed but not published yet; they will be"),
      );
      return undefined;
    },
    async relay() {
      for await (const { key } of store.pending(type)) {
        if (turns.isTaken(key)) continue;
        await turns.enter(key);
        try {
          const stored = await store.load(type, key);
          if (stored !== undefined && stored.pending.length > 0) await send(key, stored.pending);
        } finally {
          turns.leave(key);
        }
      }
    },
  };
};

const pendingOf = (type: EntityType, { key, version, outputs, traceparent }: Commit, time: number): PendingMessage[] =>
  outputs.map((output, n) => {
    const stamp = { id: messageId(type.name, key, version, n), sequence: sequenceOf(version, n) };
    const record = createRecord(output, { ...stamp, subject: key, time, traceparent });
    return { ...record, sequence: pendingSequence(version, n) };
  });

/** Sorts as text in the order of (version, n). */
const pendingSequence = (version: bigint, n: number): string =>
  `${version.toString().padStart(20, "0")}.${n.toString().padStart(6, "0")}`;

/** How an entity names the partition of a consumer group whose records it has applied. */
export const positionSource = (group: string, topic: string, partition: number): string =>
  JSON.stringify([group, topic, partition]);

/** An applied position beyond the log's end is one of another log: skipping by it would lose records. */
const requireWithinLog = async (bus: EventBus, source: string, applied: bigint): Promise<void> => {
  const [group, topic, partition] = JSON.parse(source) as [string, string, number];
  const end = (await bus.endOffsets(topic)).get(partition) ?? 0n;
  if (applied < end) return;
  throw new MeshError(
    "TOPIC_RECREATED",
    `an entity has applied record ${applied} of topic "${topic}", partition ${partition}, which ends at ${end}: the topic was made anew; give the consumer "${group}" another consumer_group, or restore the topic`,
  );
};
