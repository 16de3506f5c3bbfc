import { encodeMessage, type Message } from "../codec.ts";
import { keyOf } from "../entity/key.ts";
import type { MessageType, OutgoingRecord } from "../ports.ts";
import { headersOf } from "./envelope.ts";

/** A message on its way to a topic. */
export type Output = {
  readonly topic: string;
  readonly type: MessageType;
  /** Key fields of the message; their text is event subject and record key. */
  readonly keyFields: readonly string[];
  readonly message: Message;
  /** The message gives the key alone, of what is deleted. */
  readonly isTombstone?: boolean;
  /** Full name of the publishing service. */
  readonly source: string;
};

export type Stamp = {
  readonly id: string;
  readonly sequence: string | undefined;
  /** Subject of a message without key fields of its own. */
  readonly subject: string | undefined;
  readonly time: number;
  readonly traceparent: string | undefined;
};

/** The record of an output. Throws INVALID_KEY when a key field cannot be part of a key. */
export const createRecord = (output: Output, stamp: Stamp): OutgoingRecord => {
  const key = output.keyFields.length > 0 ? keyOf(output.message, output.keyFields) : undefined;
  const subject = key?.text ?? stamp.subject;
  return {
    topic: output.topic,
    key: subject,
    partitionKey: key?.partitionKey,
    value: output.isTombstone ? null : encodeMessage(output.type, output.message),
    headers: headersOf({
      id: stamp.id,
      source: output.source,
      type: output.type.name,
      subject,
      sequence: stamp.sequence,
      time: new Date(stamp.time).toISOString(),
      traceparent: isTraceparent(stamp.traceparent) ? stamp.traceparent : undefined,
    }),
  };
};

/** Callers write this header; only what has the W3C form is carried on. */
const isTraceparent = (text: string | undefined): boolean =>
  text !== undefined && /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(text);
