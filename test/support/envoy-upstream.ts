import { type handleUnaryCall, Metadata, type MethodDefinition, Server, ServerCredentials } from "@grpc/grpc-js";
import { Any } from "../../gen/google/protobuf/any.ts";
import { Status as StatusMessage } from "../../gen/google/rpc/status.ts";
import {
  PresenceHeartbeatCommandServiceDefinition,
  PresenceHeartbeatEventServiceDefinition,
} from "../../gen/presence/heartbeat/v1/heartbeat_api.ts";
import { PresenceStateServiceDefinition } from "../../gen/presence/state/v1/state_api.ts";
import { PresenceQueryApiDefinition } from "../../gen/presence/view/v1/view_api.ts";
import { decodeMessage, encodeMessage, type Message, type MessageFns } from "../../runtime/codec.ts";
import { Status, type StatusCode } from "../../runtime/status.ts";

/** A call as it reached the upstream. */
export type Received = { readonly method: string; readonly request: Message; readonly metadata: Metadata };

/** Thrown by an answer: leaves the upstream as this gRPC status, with its details as a service sends them. */
export class UpstreamStatus extends Error {
  readonly code: StatusCode;
  readonly metadata = new Metadata();

  constructor(code: StatusCode, message: string, details: readonly Any[] = []) {
    super(message);
    this.code = code;
    if (details.length === 0) return;
    const status = StatusMessage.fromPartial({ code, message, details: [...details] });
    this.metadata.set("grpc-status-details-bin", Buffer.from(encodeMessage(StatusMessage, status)));
  }
}

/** A message as google.protobuf.Any. */
export const packed = <T extends Message>(typeName: string, type: MessageFns<T>, message: T): Any =>
  Any.fromPartial({ type_url: `type.googleapis.com/${typeName}`, value: encodeMessage(type, message) });

export type Answer = (received: Received) => Message | Promise<Message>;

export type Upstream = {
  readonly port: number;
  readonly received: Received[];
  /** Answers from now on; without it a reply has the request's fields of the same names. */
  answerWith(answer: Answer | undefined): void;
  close(): void;
};

type Definition = {
  readonly fullName: string;
  readonly methods: Readonly<
    Record<string, { readonly name: string; readonly requestType: MessageFns; readonly responseType: MessageFns }>
  >;
};

const definitions: readonly Definition[] = [
  PresenceHeartbeatCommandServiceDefinition,
  PresenceHeartbeatEventServiceDefinition,
  PresenceStateServiceDefinition,
  PresenceQueryApiDefinition,
];

const sameBytes = (bytes: Buffer): Buffer => bytes;

const bytesMethod = (path: string): MethodDefinition<Buffer, Buffer> => ({
  path,
  requestStream: false,
  responseStream: false,
  requestSerialize: sameBytes,
  requestDeserialize: sameBytes,
  responseSerialize: sameBytes,
  responseDeserialize: sameBytes,
});

const decodeOrRefuse = (type: MessageFns, bytes: Buffer): Message => {
  try {
    return decodeMessage(type, bytes);
  } catch {
    throw new UpstreamStatus(Status.INVALID_ARGUMENT, "not the message it should be");
  }
};

/** A real gRPC server that has every method of the presence services and remembers what reached it. */
export const startUpstream = async (): Promise<Upstream> => {
  const received: Received[] = [];
  let answer: Answer | undefined;
  const server = new Server();
  for (const { fullName, methods } of definitions) {
    const service: Record<string, MethodDefinition<Buffer, Buffer>> = {};
    const handlers: Record<string, handleUnaryCall<Buffer, Buffer>> = {};
    for (const { name, requestType, responseType } of Object.values(methods)) {
      service[name] = bytesMethod(`/${fullName}/${name}`);
      const reply = async (bytes: Buffer, metadata: Metadata): Promise<Buffer> => {
        const request = decodeOrRefuse(requestType, bytes);
        const call = { method: `${fullName}/${name}`, request, metadata };
        received.push(call);
        const message = responseType.fromPartial(answer ? await answer(call) : request);
        return Buffer.from(encodeMessage(responseType, message));
      };
      handlers[name] = ({ request, metadata }, callback) => {
        reply(request, metadata).then(
          (message) => callback(null, message),
          (error: Error) => callback(error),
        );
      };
    }
    server.addService(service, handlers);
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return {
    port,
    received,
    answerWith: (next) => {
      answer = next;
    },
    close: () => server.forceShutdown(),
  };
};
