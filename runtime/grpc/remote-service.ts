import { Client, credentials, type Metadata, type ServiceError } from "@grpc/grpc-js";
import { decodeMessage, encodeMessage, type Message } from "../codec.ts";
import type { MethodDefinition, ServiceDefinition } from "../component/definition.ts";
import type { TextHeaders } from "../component/effects.ts";
import { MeshError } from "../errors.ts";
import { Status, type StatusCode } from "../status.ts";
import { headersOf, metadataOf, passedOn } from "./metadata.ts";
import { detailsIn } from "./status-details.ts";

export type RemoteCall = {
  /** Milliseconds since the epoch; a call without one ends after half a minute. */
  readonly deadline: number | undefined;
  /** Ends the call when it aborts. */
  readonly signal: AbortSignal | undefined;
  readonly headers: TextHeaders;
};

export type RemoteAnswer = {
  readonly message: Message;
  readonly headers: TextHeaders;
  readonly trailers: TextHeaders;
};

/** A service of another process. */
export type RemoteService = {
  /** Throws REMOTE_ERROR with the status, the text and the details that the other side gave. */
  call(method: MethodDefinition, command: Message, options: RemoteCall): Promise<RemoteAnswer>;
  close(): void;
};

const withoutDeadlineMs = 30_000;
const maxResponseBytes = 16_777_216;

/** A connection is made when the first call needs it, and made again when it breaks. */
export const connectService = ({ fullName }: ServiceDefinition, address: string): RemoteService => {
  const client = new Client(address, credentials.createInsecure(), {
    "grpc.max_receive_message_length": maxResponseBytes,
    "grpc.max_reconnect_backoff_ms": 5000,
  });

  return {
    call: ({ name, requestType, responseType }, command, { deadline, signal, headers }) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(abandoned());
        let received: Metadata | undefined;
        let answer: Message | undefined;
        const call = client.makeUnaryRequest(
          `/${fullName}/${name}`,
          (message: Message) => Buffer.from(encodeMessage(requestType, message)),
          (bytes: Buffer) => decodeMessage(responseType, bytes),
          command,
          metadataOf(passedOn(headers)),
          { deadline: deadline ?? Date.now() + withoutDeadlineMs },
          (error, message) => {
            if (error !== null) finish(() => reject(remoteError(error, `${fullName}/${name}`)));
            else answer = message;
          },
        );
        const cancel = (): void => call.cancel();
        const finish = (settle: () => void): void => {
          signal?.removeEventListener("abort", cancel);
          settle();
        };
        signal?.addEventListener("abort", cancel, { once: true });
        call.once("metadata", (metadata: Metadata) => {
          received = metadata;
        });
        // The status comes behind the message, and brings the trailers.
        call.once("status", ({ metadata }) => {
          const message = answer;
          if (message === undefined) return;
          const told = { headers: textOf(received), trailers: textOf(metadata) };
          finish(() => resolve({ message, ...told }));
        });
      }),
    close: () => client.close(),
  };
};

const textOf = (metadata: Metadata | undefined): TextHeaders =>
  metadata === undefined ? {} : passedOn(headersOf(metadata));

const abandoned = (): MeshError =>
  new MeshError("HANDLER_ERROR", "the caller left before the call was made", { status: Status.CANCELLED });

const known = new Set<number>(Object.values(Status));

/** What could not be reached has said nothing; whatever the library says of it is about addresses. */
const isUnreached = ({ code, metadata }: ServiceError): boolean =>
  code === Status.UNAVAILABLE && Object.keys(metadata.getMap()).length === 0;

const remoteError = (error: ServiceError, path: string): MeshError => {
  const status = (known.has(error.code) ? error.code : Status.UNKNOWN) as StatusCode;
  const options = { status, details: detailsIn(error.metadata), trailers: textOf(error.metadata), cause: error };
  if (isUnreached(error)) {
    return new MeshError("REMOTE_ERROR", `${path} cannot be reached; try again`, { ...options, retryAfterMs: 1000 });
  }
  return new MeshError("REMOTE_ERROR", error.details, { ...options, isPassedOn: true });
};
