import { ScalarType } from "@bufbuild/protobuf";
import type { Binary } from "mongodb";
import type { EntityChange, EntityType, PendingMessage, StoredEntity } from "../../ports.ts";
import { documentCodec, type StoredMessage } from "./document.ts";
import { escapeKey, setOwn, unescapeKey } from "./document-keys.ts";
import { scalarCodec } from "./document-values.ts";

export type PendingDocument = Omit<PendingMessage, "key" | "partitionKey" | "value"> & {
  readonly key?: string;
  readonly partitionKey?: string;
  readonly value: Binary | Uint8Array | null;
};

/** An entity as it stands in its collection. */
export type EntityDocument = {
  readonly _id: string;
  readonly version: bigint;
  /** `null` after a delete. */
  readonly state: StoredMessage | null;
  readonly pending?: readonly PendingDocument[];
  /** Offsets by consumed source, with its name escaped. */
  readonly applied?: Readonly<Record<string, readonly bigint[]>>;
  readonly wakeAt?: number;
};

/**
 * The update that makes a change of what the document holds; messages and positions are added to those there, or
 * messages take their place.
 */
export const updateOf = (type: EntityType, change: EntityChange): object => {
  const { version, state, pending, forgetsEarlier = false, applied, wakeAt } = change;
  const set: Record<string, unknown> = {
    version,
    state: state === undefined ? null : documentCodec(type.state.schema).toDocument(state),
  };
  if (applied !== undefined) set[`applied.${escapeKey(applied.source)}`] = applied.offsets;
  if (forgetsEarlier) set.pending = pending.map(writePending);
  if (wakeAt !== undefined) set.wakeAt = wakeAt;
  const unset = type.wakes && wakeAt === undefined ? { $unset: { wakeAt: "" } } : {};
  if (forgetsEarlier || pending.length === 0) return { $set: set, ...unset };
  return { $set: set, ...unset, $push: { pending: { $each: pending.map(writePending) } } };
};

/** The entity of a document. */
export const entityOf = (type: EntityType, document: EntityDocument): StoredEntity => ({
  key: document._id,
  version: document.version,
  state: document.state === null ? undefined : documentCodec(type.state.schema).toMessage(document.state),
  pending: document.pending?.map(readPending) ?? [],
  applied: new Map(Object.entries(document.applied ?? {}).map(([source, offsets]) => [unescapeKey(source), offsets])),
});

export const writePending = ({
  sequence,
  topic,
  key,
  partitionKey,
  value,
  headers,
}: PendingMessage): PendingDocument => ({
  sequence,
  topic,
  ...(key === undefined ? {} : { key }),
  ...(partitionKey === undefined ? {} : { partitionKey }),
  value,
  headers: writeHeaders(headers),
});

const writeHeaders = (headers: PendingMessage["headers"]): PendingMessage["headers"] => {
  for (const name in headers) {
    if (escapeKey(name) !== name) {
      return Object.fromEntries(Object.entries(headers).map(([each, text]) => [escapeKey(each), text]));
    }
  }
  return headers;
};

const { read: readBytes } = scalarCodec(ScalarType.BYTES);

export const readPending = ({
  sequence,
  topic,
  key,
  partitionKey,
  value,
  headers,
}: PendingDocument): PendingMessage => {
  const named: Record<string, string> = {};
  for (const [name, text] of Object.entries(headers)) setOwn(named, unescapeKey(name), text);
  const bytes = value === null ? null : (readBytes?.(value) as Uint8Array);
  return { sequence, topic, key, partitionKey, value: bytes, headers: named };
};
