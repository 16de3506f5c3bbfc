import { randomUUID } from "node:crypto";
import type { Metadata, StatusObject } from "@grpc/grpc-js";
import { BadRequest, ErrorInfo, RetryInfo } from "../../gen/google/rpc/error_details.ts";
import { Status as RpcStatus } from "../../gen/google/rpc/status.ts";
import { decodeMessage, encodeMessage, type Message, type MessageFns } from "../codec.ts";
import { MeshError, type StatusDetail } from "../errors.ts";
import type { Log } from "../log.ts";
import { metadataOf } from "./metadata.ts";

const domain = "rollcall";
const detailsHeader = "grpc-status-details-bin";

/**
 * The status a failure leaves as: code and text of a MeshError, with `google.rpc` details. Anything else is
 * logged under an id and leaves as INTERNAL with that id, so that nothing of the inside reaches the wire.
 */
export const statusOf = (error: unknown, log: Log): Partial<StatusObject> => {
  const known = error instanceof MeshError ? error : unexpected(error, log);
  const metadata = metadataOf(known.trailers);
  metadata.set(detailsHeader, Buffer.from(encodeMessage(RpcStatus, detailed(known))));
  return { code: known.status, details: known.text, metadata };
};

const unexpected = (error: unknown, log: Log): MeshError => {
  const id = randomUUID();
  log.error({ error, id }, "a handler failed");
  return new MeshError("HANDLER_FAILED", `unexpected error ${id}; the server's log has it under this id`, {
    cause: error,
  });
};

const detailed = ({ status, text, code, fields, retryAfterMs, details: more, isPassedOn }: MeshError): RpcStatus => {
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

/** The details of a status that another service has sent; none where they cannot be read. */
export const detailsIn = (trailers: Metadata): readonly StatusDetail[] => {
  const [bytes] = trailers.get(detailsHeader);
  if (!Buffer.isBuffer(bytes)) return [];
  try {
    return decodeMessage(RpcStatus, bytes).details;
  } catch {
    return [];
  }
};

const pack = <T extends Message>(type: MessageFns<T>, name: string, message: T) => ({
  type_url: `type.googleapis.com/${name}`,
  value: encodeMessage(type, message),
});
