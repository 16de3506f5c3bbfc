import type { Metadata, StatusObject } from "@grpc/grpc-js";
import { Status as RpcStatus } from "../../gen/google/rpc/status.ts";
import { decodeMessage, encodeMessage } from "../codec.ts";
import type { StatusDetail } from "../errors.ts";
import type { Log } from "../log.ts";
import { failureOf, rpcStatusOf } from "../rpc-status.ts";
import { metadataOf } from "./metadata.ts";

const detailsHeader = "grpc-status-details-bin";

/** The status a failed call ends with, its `google.rpc` details in the trailers. */
export const statusOf = (error: unknown, log: Log): Partial<StatusObject> => {
  const failure = failureOf(error, log);
  const metadata = metadataOf(failure.trailers);
  metadata.set(detailsHeader, Buffer.from(encodeMessage(RpcStatus, rpcStatusOf(failure))));
  return { code: failure.status, details: failure.text, metadata };
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
