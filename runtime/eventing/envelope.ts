import type { LogRecord } from "../ports.ts";
import { type ContentType, protobufMedia, readContentType } from "./content-type.ts";

/** The CloudEvents 1.0 attributes of a record, in binary mode. */
export type Envelope = {
  readonly id: string;
  readonly source: string;
  /** Full name of the message type. */
  readonly type: string;
  readonly subject: string | undefined;
  /** Version of the entity and number within it: `<decimal version>.<n>`. */
  readonly sequence: string | undefined;
  readonly time: string;
  readonly traceparent: string | undefined;
};

/** The headers a message is published with. */
export const headersOf = (envelope: Envelope, contentType: string = protobufMedia): Record<string, string> => {
  const headers: Record<string, string> = {
    ce_id: envelope.id,
    ce_source: envelope.source,
    ce_specversion: "1.0",
    ce_type: envelope.type,
    ce_time: envelope.time,
    "content-type": contentType,
  };
  if (envelope.subject !== undefined) headers.ce_subject = envelope.subject;
  if (envelope.sequence !== undefined) headers.ce_sequence = envelope.sequence;
  if (envelope.traceparent !== undefined) headers.traceparent = envelope.traceparent;
  return headers;
};

/** What a consumed record says of itself. `type` is undefined when neither header tells it. */
export type ReceivedEnvelope = Omit<Envelope, "type" | "id" | "source" | "time"> & {
  readonly type: string | undefined;
  readonly id: string;
  readonly content: ContentType;
};

/**
 * Reads the headers of a record in either spelling (`ce_type` of Kafka's binding, `ce-type` of HTTP's, in any
 * case). A record without an id is named by its place in the log.
 */
export const readEnvelope = (record: LogRecord): ReceivedEnvelope => {
  const headers = canonical(record.headers);
  const content = readContentType(headers["content-type"] ?? headers.ce_datacontenttype);
  return {
    id: headers.ce_id ?? `${record.topic}/${record.partition}/${record.offset}`,
    type: content.messageType ?? headers.ce_type,
    subject: headers.ce_subject,
    sequence: headers.ce_sequence,
    traceparent: headers.traceparent,
    content,
  };
};

/** Content type of the events by which the platform that came before told a topic of a deletion. */
const deletionMedia = "application/vnd.kalix.delete";

/** Whether a record says that what its key names is gone: a tombstone, or an empty event of that content type. */
export const isDeletion = (record: LogRecord): boolean =>
  record.value === null || (record.value.length === 0 && readEnvelope(record).content.media === deletionMedia);

const ownNames = new Set([
  "ce_id",
  "ce_source",
  "ce_specversion",
  "ce_type",
  "ce_time",
  "ce_subject",
  "ce_sequence",
  "content-type",
  "traceparent",
]);
const isCanonical = (name: string): boolean => ownNames.has(name) || !/[A-Z]|^ce-/.test(name);

/** Our own producers write the names as they are read; then there is nothing to rewrite. */
const canonical = (headers: LogRecord["headers"]): Readonly<Record<string, string | undefined>> => {
  for (const name in headers) {
    if (isCanonical(name)) continue;
    const entries = Object.entries(headers);
    return Object.fromEntries(entries.map(([each, value]) => [each.toLowerCase().replace(/^ce-/, "ce_"), value]));
  }
  return headers;
};

/** The version in a `ce_sequence`; `undefined` when it is absent or malformed. */
export const versionOf = (sequence: string | undefined): bigint | undefined =>
  sequence !== undefined && /^\d{1,19}\.\d{1,9}$/.test(sequence)
    ? BigInt(sequence.slice(0, sequence.indexOf(".")))
    : undefined;

export const sequenceOf = (version: bigint, n: number): string => `${version}.${n}`;

/** The id of the n-th message of an entity's version; the same however often it is published. */
export const messageId = (entityType: string, key: string, version: bigint, n: number): string =>
  `${entityType}/${key}/${version}/${n}`;
