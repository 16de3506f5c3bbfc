import { decodeMessage, encodeMessage, type Message } from "../codec.ts";
import type { EntityEvent } from "../component/effects.ts";
import { MeshError } from "../errors.ts";
import { sequenceOf } from "../eventing/envelope.ts";
import type { Log } from "../log.ts";
import type { EntityStore, EntityType, EventBus, MessageType, PendingMessage } from "../ports.ts";
import { highestApplied, isApplied, withApplied } from "./applied.ts";
import { changeMessage, changesTopic } from "./entity-changes.ts";
import { AlreadyApplied, type Commit, type EntityHost, type LoadRequest } from "./host.ts";
import type { JournalEntry, StoredEvent } from "./journal.ts";
import { type Folded, foldEntry, type Replay, startOfJournal } from "./journal-fold.ts";
import { loadInTime, storeWaitMs } from "./load-in-time.ts";
import { createRecentlyUsed } from "./recently-used.ts";
import type { Relayed } from "./relay.ts";
import { pendingOf, requireWithinLog } from "./stored-entities.ts";
import { createTurns } from "./turns.ts";
import type { VersionClock } from "./version-clock.ts";

export type JournalEntitiesOptions = {
  readonly type: EntityType;
  /** By the last part of each event's name. */
  readonly events: ReadonlyMap<string, MessageType>;
  readonly emptyState: () => Message;
  readonly apply: (state: Message, name: string, event: Message) => Message;
  readonly snapshotEvery: number;
  /** Whether events are published for consumers of the entity. */
  readonly publishesChanges: boolean;
  readonly store: EntityStore;
  readonly bus: EventBus;
  readonly clock: VersionClock;
  readonly now: () => number;
  readonly log: Log;
};

/** Entities whose states are kept in memory, ready for their next command. */
const keptStates = 10_000;

/** A fold with its state in bytes: what a handler does to the state it was given stays with that handler. */
type Kept = Omit<Folded, "state"> & { readonly state: Uint8Array | undefined };

/**
 * Event-sourced entities of one type. A unit's events, messages and consumed position are one entry of the journal,
 * whose insert is the compare-and-set; then the messages are published, and forgotten.
 */
export const createJournalEntities = (options: JournalEntitiesOptions): EntityHost & Relayed => {
  const { type, events, emptyState, apply, snapshotEvery, publishesChanges, store, bus, clock, now, log } = options;
  const { journal } = store;
  const turns = createTurns();
  const kept = createRecentlyUsed<Kept>(keptStates);
  const folds = new WeakMap<object, Folded>();
  const names = new Map([...events].map(([name, { name: fullName }]) => [fullName, name]));
  const replay: Replay = {
    entityType: type.name,
    emptyState,
    eventTypes: new Map([...events.values()].map((each) => [each.name, each])),
    apply: (state, { name }, event) => apply(state, names.get(name) ?? name, event),
  };

  const inBytes = (folded: Folded): Kept => {
    const { state } = folded;
    return { ...folded, state: state && encodeMessage(type.state, state) };
  };

  const fold = async (key: string): Promise<Folded> => {
    const known = kept.get(key);
    let folded: Folded =
      known === undefined ? startOfJournal : { ...known, state: known.state && decodeMessage(type.state, known.state) };
    for (const entry of await journal.read(type, key, folded.sequence)) folded = foldEntry(replay, folded, entry);
    if (folded.sequence > (known?.sequence ?? 0n) && folded.pending.length === 0) kept.set(key, inBytes(folded));
    return folded;
  };

  /** Under the key's turn, so that messages go out in the order of their changes. */
  const send = async (key: string, pending: readonly PendingMessage[]): Promise<void> => {
    const last = pending.at(-1);
    if (last === undefined) return;
    turns.commit(key);
    await bus.publish(pending);
    await journal.clearPending(type, key, last.sequence);
  };

  const storedEvent = (event: EntityEvent): StoredEvent => {
    if (event.kind === "deletion") return event;
    const eventType = events.get(event.name);
    if (eventType !== undefined) {
      return { kind: "event", type: eventType.name, value: encodeMessage(eventType, event.message) };
    }
    throw new MeshError("HANDLER_FAILED", `${type.name} emits "${event.name}", which is none of its events`);
  };

  const entryOf = (commit: Commit, folded: Folded): JournalEntry => {
    const { key, version, state, position } = commit;
    const stored = commit.events.map(storedEvent);
    const applied = position && {
      source: position.source,
      offsets: withApplied(folded.applied.get(position.source), position),
    };
    const isSnapshotDue = folded.pending.length === 0 && folded.eventsSinceSnapshot + stored.length >= snapshotEvery;
    const positions =
      applied === undefined ? folded.applied : new Map(folded.applied).set(applied.source, applied.offsets);
    return {
      key,
      sequence: folded.sequence + 1n,
      version,
      events: stored,
      pending: [
        ...(publishesChanges ? eventMessages(type, commit, folded, stored, now()) : []),
        ...pendingOf(type, commit, now(), stored.length),
      ],
      applied,
      snapshot: isSnapshotDue ? { state, applied: positions } : undefined,
    };
  };

  return {
    type: type.name,
    turns,
    emptyState,
    nextVersion: (_, current) => clock.next(current),
    waitMs: storeWaitMs,
    async load({ key, position, waitedMs = 0 }: LoadRequest) {
      const folded = await loadInTime(key, waitedMs, () => fold(key));
      const applied = position && folded.applied.get(position.source);
      if (position !== undefined && applied !== undefined && isApplied(applied, position.offset)) {
        turns.commit(key);
        await requireWithinLog(bus, position.source, highestApplied(applied));
        await send(key, folded.pending);
        throw new AlreadyApplied(`record ${position.offset} of ${position.source} is applied already`);
      }
      const { version, state, pending } = folded;
      const loaded = { version, state, pending, applied };
      folds.set(loaded, folded);
      return loaded;
    },
    async commit(commit: Commit) {
      const { key } = commit;
      const folded = folds.get(commit.loaded) ?? (await fold(key));
      const entry = entryOf(commit, folded);
      // Before anything is written: events that lead to no state that has bytes would stand for ever.
      const after = inBytes({ ...foldEntry(replay, folded, entry), pending: [] });
      if ((await journal.append(type, entry)) === "conflict") return { kind: "overtaken", again: undefined };
      kept.delete(key);
      // Committed messages are certain to go out: if not now, then with the key's next change or by the relay.
      await send(key, [...folded.pending, ...entry.pending]).then(
        () => kept.set(key, after),
        (error: unknown) =>
          log.warn({ entity: type.name, key, error }, "messages are committed but not published yet; they will be"),
      );
      return undefined;
    },
    pending: () => journal.pending(type),
    async flush(key) {
      await turns.enter(key);
      try {
        kept.delete(key);
        await send(key, (await fold(key)).pending);
      } finally {
        turns.leave(key);
      }
    },
  };
};

/** The events of a unit for the consumers of the entity; a deletion is a tombstone among them. */
const eventMessages = (
  type: EntityType,
  { key, partitionKey, version }: Commit,
  before: Folded,
  stored: readonly StoredEvent[],
  time: number,
): PendingMessage[] =>
  stored.map((event, n) => {
    const first = before.sequence === 0n ? undefined : sequenceOf(before.version, before.lastEvents - 1);
    const isEvent = event.kind === "event";
    return changeMessage({
      entityType: type.name,
      key,
      partitionKey,
      version,
      n,
      messageType: isEvent ? event.type : changesTopic(type.name),
      value: isEvent ? event.value : null,
      previous: n === 0 ? first : sequenceOf(version, n - 1),
      time,
    });
  });
