import type { Message } from "../codec.ts";
import { keyOf } from "../entity/key.ts";
import type { MessageType, OutgoingRecord } from "../ports.ts";
import { type Envelope, headersOf } from "./envelope.ts";
import { payloadOf } from "./outgoing-payload.ts";

/** A message on its way to a topic. */
export type Output = {
  readonly topic: string;
  readonly type: MessageType;
  /** Key fields of the message; their text is event subject and record key. */
  readonly keyFields: readonly string[];
  readonly message: Message;
  /** The message gives the key alone, of what is deleted. */
  readonly isTombstone?: boolean | undefined;
  /** Full name of the publishing service. */
  readonly source: string;
  /** What the reply said to send along; `ce_subject` is the key, too. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
};

export type Stamp = {
  readonly id: string;
  readonly sequence: string | undefined;
  /** Subject of a message without key fields of its own. */
  readonly subject: string | undefined;
  readonly time: number;
  readonly traceparent: string | undefined;
};

/** The record of an output. Throws INVALID_KEY when a key field cannot be part of a key, INVALID_RECORD for a payload that none can be. */
export const createRecord = (output: Output, stamp: Stamp): OutgoingRecord => {
  const given = output.headers === undefined ? undefined : canonical(output.headers);
  const own = given && withoutReserved(given);
  const key = output.keyFields.length > 0 ? keyOf(output.message, output.keyFields) : undefined;
  const subject = own?.ce_subject ?? key?.text ?? stamp.subject;
  const payload = payloadOf(output.type, output.message, given?.["content-type"] ?? given?.ce_datacontenttype);
  const envelope: Envelope = {
    id: stamp.id,
    source: output.source,
    type: payload.type,
    subject,
    sequence: stamp.sequence,
    time: new Date(stamp.time).toISOString(),
    traceparent: isTraceparent(stamp.traceparent) ? stamp.traceparent : undefined,
  };
  const headers = headersOf(envelope, payload.contentType);
  return {
    topic: output.topic,
    key: subject,
    partitionKey: own?.ce_subject === undefined ? key?.partitionKey : undefined,
    value: output.isTombstone ? null : payload.value,
    headers: own === undefined ? headers : { ...headers, ...own },
  };
};

/** The headers of a reply as those of a record, in the spelling of our own. */
const canonical = (given: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name.toLowerCase().replace(/^ce-/, "ce_"), value] as const),
  );

/** What the runtime says of a record itself: consumers rely on it. */
const reserved = /^(ce_specversion|ce_sequence|content-type|ce_datacontenttype|rollcall_.*)$/;

const withoutReserved = (headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !reserved.test(name)));

/** Callers write this header; only what has the W3C form is carried on. */
const isTraceparent = (text: string | undefined): boolean =>
  text !== undefined && /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(text);
