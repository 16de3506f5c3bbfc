import { encodeMessage, type Message, type MessageFns } from "../codec.ts";
import type { FieldViolation, StatusDetail } from "../errors.ts";

export type ErrorOptions = {
  /** What is wrong in the request; a caller finds it as `google.rpc.BadRequest`. */
  readonly fields?: readonly FieldViolation[];
  readonly details?: readonly StatusDetail[];
  /** How long the caller should wait; a caller finds it as `google.rpc.RetryInfo`. */
  readonly retryAfterMs?: number;
};

/** A detail of an error, such as `errorDetail("google.rpc.QuotaFailure", QuotaFailure, {…})`; the name is the full one. */
export const errorDetail = <T extends Message>(name: string, type: MessageFns<T>, message: T): StatusDetail => ({
  type_url: `type.googleapis.com/${name}`,
  value: encodeMessage(type, message),
});
