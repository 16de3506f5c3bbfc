import { decodeMessage, type Message } from "../codec.ts";
import { MeshError } from "../errors.ts";
import type { MessageType, PendingMessage } from "../ports.ts";
import type { JournalEntry } from "./journal.ts";

/** What the entries of a journal, up to one of them, come to. */
export type Folded = {
  /** Of the last entry; 0 before the first. */
  readonly sequence: bigint;
  readonly version: bigint;
  /** How many events the last entry has. */
  readonly lastEvents: number;
  readonly eventsSinceSnapshot: number;
  /** `undefined` before the first event and after a deletion. */
  readonly state: Message | undefined;
  readonly applied: ReadonlyMap<string, readonly bigint[]>;
  readonly pending: readonly PendingMessage[];
};

/** How the events of one type of entity are read and applied. */
export type Replay = {
  readonly entityType: string;
  readonly emptyState: () => Message;
  /** By full name. */
  readonly eventTypes: ReadonlyMap<string, MessageType>;
  readonly apply: (state: Message, type: MessageType, event: Message) => Message;
};

export const startOfJournal: Folded = {
  sequence: 0n,
  version: 0n,
  lastEvents: 0,
  eventsSinceSnapshot: 0,
  state: undefined,
  applied: new Map(),
  pending: [],
};

/** The fold with one more entry. Throws JOURNAL_UNREADABLE on an event that this version does not know. */
export const foldEntry = (replay: Replay, folded: Folded, entry: JournalEntry): Folded => {
  const { snapshot } = entry;
  const shared = {
    sequence: entry.sequence,
    version: entry.version,
    lastEvents: entry.events.length,
    pending: [...folded.pending, ...entry.pending],
  };
  if (snapshot !== undefined) {
    return { ...shared, eventsSinceSnapshot: 0, state: snapshot.state, applied: snapshot.applied };
  }
  const { applied } = entry;
  return {
    ...shared,
    eventsSinceSnapshot: folded.eventsSinceSnapshot + entry.events.length,
    state: stateAfter(replay, folded.state, entry),
    applied: applied === undefined ? folded.applied : new Map(folded.applied).set(applied.source, applied.offsets),
  };
};

const stateAfter = (
  replay: Replay,
  before: Message | undefined,
  { key, events }: JournalEntry,
): Message | undefined => {
  let state = before;
  for (const event of events) {
    if (event.kind === "deletion") {
      state = undefined;
      continue;
    }
    const type = replay.eventTypes.get(event.type);
    if (type === undefined) {
      throw new MeshError(
        "JOURNAL_UNREADABLE",
        `the journal of ${replay.entityType} "${key}" has an event of type "${event.type}", which the entity does not declare; declare it again: events of a journal stay for ever`,
      );
    }
    state = replay.apply(state ?? replay.emptyState(), type, decodeMessage(type, event.value));
  }
  return state;
};
