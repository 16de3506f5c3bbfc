import { Binary } from "mongodb";
import { decodeMessage, encodeMessage } from "../../codec.ts";
import type { JournalEntry, PlainEntry, Snapshot, StoredEvent } from "../../entity/journal.ts";
import type { EntityType } from "../../ports.ts";
import { escapeKey, unescapeKey } from "./document-keys.ts";
import { type PendingDocument, readPending, writePending } from "./entity-document.ts";

type EventDocument = { readonly type: string; readonly value: Binary } | { readonly deletion: true };

/** An entry as it stands in its collection; the key before the sequence, so that a key's entries are one range. */
export type JournalDocument = {
  readonly _id: { readonly key: string; readonly sequence: bigint };
  readonly version: bigint;
  readonly events: readonly EventDocument[];
  readonly pending: readonly PendingDocument[];
  readonly applied?: { readonly source: string; readonly offsets: readonly bigint[] };
  readonly snapshot?: SnapshotDocument;
};

type SnapshotDocument = {
  /** `null` after a deletion. */
  readonly state: Binary | null;
  /** Offsets by consumed source, with its name escaped. */
  readonly applied: Readonly<Record<string, readonly bigint[]>>;
};

/** Throws what the codec of the state throws. */
export const documentOf = (type: EntityType, entry: JournalEntry): JournalDocument => ({
  _id: { key: entry.key, sequence: entry.sequence },
  version: entry.version,
  events: entry.events.map(writeEvent),
  pending: entry.pending.map(writePending),
  ...(entry.applied === undefined ? {} : { applied: entry.applied }),
  ...(entry.snapshot === undefined ? {} : { snapshot: writeSnapshot(type, entry.snapshot) }),
});

export const entryOf = (type: EntityType, document: JournalDocument): JournalEntry => ({
  ...plainEntryOf(document),
  snapshot: document.snapshot && readSnapshot(type, document.snapshot),
});

export const plainEntryOf = (document: JournalDocument): PlainEntry => ({
  ...document._id,
  version: document.version,
  events: document.events.map(readEvent),
  pending: document.pending.map(readPending),
  applied: document.applied,
});

const writeEvent = (event: StoredEvent): EventDocument =>
  event.kind === "deletion" ? { deletion: true } : { type: event.type, value: new Binary(event.value) };

const readEvent = (document: EventDocument): StoredEvent =>
  "deletion" in document
    ? { kind: "deletion" }
    : { kind: "event", type: document.type, value: bytesOf(document.value) };

const writeSnapshot = (type: EntityType, { state, applied }: Snapshot): SnapshotDocument => ({
  state: state === undefined ? null : new Binary(encodeMessage(type.state, state)),
  applied: Object.fromEntries([...applied].map(([source, offsets]) => [escapeKey(source), offsets])),
});

const readSnapshot = (type: EntityType, { state, applied }: SnapshotDocument): Snapshot => ({
  state: state === null ? undefined : decodeMessage(type.state, bytesOf(state)),
  applied: new Map(Object.entries(applied).map(([source, offsets]) => [unescapeKey(source), offsets])),
});

/** A copy: the driver's own would hold on to the whole reply it came in. */
const bytesOf = ({ buffer, position }: Binary): Uint8Array => new Uint8Array(buffer.subarray(0, position));
