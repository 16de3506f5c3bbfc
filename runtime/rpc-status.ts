import { randomUUID } from "node:crypto";
import { BadRequest, ErrorInfo, RetryInfo } from "../gen/google/rpc/error_details.ts";
import type { Status as RpcStatus } from "../gen/google/rpc/status.ts";
import { encodeMessage, type Message, type MessageFns } from "./codec.ts";
import { MeshError } from "./errors.ts";
import type { Log } from "./log.ts";

const domain = "rollcall";

/**
 * What a caller may know of a failure: a MeshError is what it is. Anything else is logged under an id and becomes
 * INTERNAL with that id, so that nothing of the inside reaches the wire.
 */
export const failureOf = (error: unknown, log: Log): MeshError => {
  if (error instanceof MeshError) return error;
  const id = randomUUID();
  log.error({ error, id }, "a handler failed");
  return new MeshError("HANDLER_FAILED", `unexpected error ${id}; the server's log has it under this id`, {
    cause: error,
  });
};

/** The status a failure leaves as: code and text, with `google.rpc` details. */
export const rpcStatusOf = (failure: MeshError): RpcStatus => {
  const { status, text, code, fields, retryAfterMs, details: more, isPassedOn } = failure;
  if (isPassedOn && more.length > 0) return { code: status, message: text, details: [...more] };
  const details = [pack(ErrorInfo, "google.rpc.ErrorInfo", { reason: code, domain, metadata: {} })];
  if (fields.length > 0) {
    const field_violations = fields.map(({ field, description }) => ({
      field,
      description,
      reason: code,
      localized_message: undefined,
    }));
    details.push(pack(BadRequest, "google.rpc.BadRequest", { field_violations }));
  }
  if (retryAfterMs !== undefined) {
    const retry_delay = { seconds: BigInt(Math.floor(retryAfterMs / 1000)), nanos: (retryAfterMs % 1000) * 1_000_000 };
    details.push(pack(RetryInfo, "google.rpc.RetryInfo", { retry_delay }));
  }
  return { code: status, message: text, details: [...details, ...more] };
};

const pack = <T extends Message>(type: MessageFns<T>, name: string, message: T) => ({
  type_url: `type.googleapis.com/${name}`,
  value: encodeMessage(type, message),
});
