import { encodeMessage } from "../codec.ts";
import { changeMessage, changesTopic } from "../entity/entity-changes.ts";
import type { PlainEntry } from "../entity/journal.ts";
import type { EntityStore, EntityType, LogRecord, MessageType, PendingMessage, StoredEntity } from "../ports.ts";
import { sequenceOf } from "./envelope.ts";

/** A kind of entity that a consumer reads, as the store has it. */
export type ScannedSource =
  | { readonly kind: "value_entity"; readonly entityType: string; readonly state: MessageType }
  | { readonly kind: "event_sourced_entity"; readonly entityType: string };

/** What stands in the store of one key, as the records it was, or would have been, published as. */
export type ScannedKey = { readonly key: string; readonly records: readonly LogRecord[] };

/** All keys after `after`, in order. A long journal comes in several parts of one key. */
export async function* scanSource(
  store: EntityStore,
  source: ScannedSource,
  after: string | undefined,
): AsyncIterable<ScannedKey> {
  if (source.kind === "value_entity") {
    const type: EntityType = { name: source.entityType, state: source.state };
    for await (const entity of store.scan(type, after)) {
      yield { key: entity.key, records: entity.state === undefined ? [] : [recordOfState(type, entity, entity.state)] };
    }
    return;
  }
  for await (const part of partsOfJournal(store.journal.scan(source.entityType, after), source.entityType)) yield part;
}

/** The records of a key's whole journal. */
export async function* journalRecords(store: EntityStore, entityType: string, key: string): AsyncIterable<LogRecord> {
  for await (const { records } of partsOfJournal(store.journal.history(entityType, key), entityType)) yield* records;
}

async function* partsOfJournal(entries: AsyncIterable<PlainEntry>, entityType: string): AsyncIterable<ScannedKey> {
  let before: PlainEntry | undefined;
  for await (const entry of entries) {
    const previous = before?.key === entry.key ? sequenceOf(before.version, before.events.length - 1) : undefined;
    yield { key: entry.key, records: recordsOfEntry(entityType, entry, previous) };
    before = entry;
  }
}

/** No record of a partition: its place is told by its sequence alone. */
const place = { partition: -1, offset: -1n, timestamp: 0 };

const recordOf = ({ sequence: _, partitionKey: __, ...message }: PendingMessage): LogRecord => ({
  ...message,
  ...place,
});

const recordOfState = (type: EntityType, { key, version }: StoredEntity, state: object): LogRecord =>
  recordOf(
    changeMessage({
      entityType: type.name,
      key,
      partitionKey: key,
      version,
      n: 0,
      messageType: type.state.name,
      value: encodeMessage(type.state, state),
      previous: undefined,
      time: 0,
    }),
  );

const recordsOfEntry = (
  entityType: string,
  { key, version, events }: PlainEntry,
  previous: string | undefined,
): readonly LogRecord[] =>
  events.map((event, n) =>
    recordOf(
      changeMessage({
        entityType,
        key,
        partitionKey: key,
        version,
        n,
        messageType: event.kind === "event" ? event.type : changesTopic(entityType),
        value: event.kind === "event" ? event.value : null,
        previous: n === 0 ? previous : sequenceOf(version, n - 1),
        time: 0,
      }),
    ),
  );
