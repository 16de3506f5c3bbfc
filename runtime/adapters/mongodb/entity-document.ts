import { ScalarType } from "@bufbuild/protobuf";
import type { Binary } from "mongodb";
import type { EntityChange, EntityType, PendingMessage, StoredEntity } from "../../ports.ts";
import { documentCodec, type StoredMessage } from "./document.ts";
import { escapeKey, unescapeKey } from "./document-keys.ts";
import { scalarCodec } from "./document-values.ts";

/** A message that waits for being published. Its headers are JSON text: one value to write and to read, not ten. */
export type PendingDocument = Omit<PendingMessage, "key" | "partitionKey" | "value" | "headers"> & {
  readonly key?: string;
  readonly partitionKey?: string;
  readonly value: Binary | Uint8Array | null;
  readonly headers: string;
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
  headers: JSON.stringify(headers),
});

const { read: readBytes } = scalarCodec(ScalarType.BYTES);

export const readPending = (document: PendingDocument): PendingMessage => new WaitingMessage(document);

/** Most are published already when they are read: of those nothing but the sequence is looked at. */
class WaitingMessage implements PendingMessage {
  private readonly document: PendingDocument;

  constructor(document: PendingDocument) {
    this.document = document;
  }

  get sequence(): string {
    return this.document.sequence;
  }
  get topic(): string {
    return this.document.topic;
  }
  get key(): string | undefined {
    return this.document.key;
  }
  get partitionKey(): string | undefined {
    return this.document.partitionKey;
  }
  get value(): Uint8Array | null {
    const { value } = this.document;
    return value === null ? null : (readBytes?.(value) as Uint8Array);
  }
  get headers(): Readonly<Record<string, string>> {
    return JSON.parse(this.document.headers) as Record<string, string>;
  }
}
