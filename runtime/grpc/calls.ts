import { once } from "node:events";
import type { Readable } from "node:stream";
import type {
  Metadata,
  ServerDuplexStream,
  ServerReadableStream,
  ServerUnaryCall,
  ServerWritableStream,
  sendUnaryData,
  UntypedHandleCall,
} from "@grpc/grpc-js";
import type { Message } from "../codec.ts";
import type { AnswerOptions } from "../component/effects.ts";
import { MeshError } from "../errors.ts";
import type { Log } from "../log.ts";
import { GrpcCallContext, type ServedContext } from "./call-context.ts";
import type { Endpoint } from "./endpoint.ts";
import { inBursts } from "./in-bursts.ts";
import { metadataOf, passedOn } from "./metadata.ts";
import { statusOf } from "./status-details.ts";

/** A request whose bytes are not its message; it takes the place of the message until the call is answered. */
export class Malformed {
  readonly cause: unknown;
  constructor(cause: unknown) {
    this.cause = cause;
  }
}

/** Lets calls in while there is room for them, and counts those inside. */
export type Admission = { enter(): void; leave(): void };

/** Answers of a stream that are written together. */
const mostInBurst = 256;

const wellFormed = (message: Message): Message => {
  if (!(message instanceof Malformed)) return message;
  throw new MeshError("MALFORMED_REQUEST", "the request is not the message it should be; texts must be valid UTF-8", {
    cause: message.cause,
  });
};

/** The grpc-js handler of an endpoint. */
export const handlerOf = (endpoint: Endpoint, admission: Admission, log: Log): UntypedHandleCall => {
  const empty = endpoint.response.fromPartial({});
  switch (endpoint.shape) {
    case "unary":
      return (call: ServerUnaryCall<Message, Message>, callback: sendUnaryData<Message>) => {
        respond(call, requestOf, endpoint.handle, empty, callback, admission, log);
      };
    case "client_streaming":
      return (call: ServerReadableStream<Message, Message>, callback: sendUnaryData<Message>) => {
        respond(call, requestsOf, endpoint.handle, empty, callback, admission, log);
      };
    case "server_streaming":
      return (call: ServerWritableStream<Message, Message>) => {
        void stream((context) => endpoint.handle(wellFormed(call.request), context), call, admission, log);
      };
    case "bidi_streaming":
      return (call: ServerDuplexStream<Message, Message>) => {
        const answers = (context: ServedContext) => inBursts(endpoint.handle(requestsOf(call), context), mostInBurst);
        void stream(answers, call, admission, log);
      };
  }
};

const requestOf = ({ request }: ServerUnaryCall<Message, Message>): Message => wellFormed(request);

const respond = <C extends ServerUnaryCall<Message, Message> | ServerReadableStream<Message, Message>, I>(
  call: C,
  inputOf: (call: C) => I,
  handle: (input: I, context: ServedContext) => Promise<Message | undefined>,
  empty: Message,
  callback: sendUnaryData<Message>,
  admission: Admission,
  log: Log,
): void => {
  let isInside = false;
  const refuse = (error: unknown): void => {
    if (isInside) admission.leave();
    callback(statusOf(error, log));
  };
  try {
    admission.enter();
    isInside = true;
    const context = new GrpcCallContext(call);
    handle(inputOf(call), context).then((message) => {
      let trailers: Metadata | undefined;
      if (context.answers.length > 0) {
        trailers = trailersOf(context.answers);
        call.sendMetadata(headersOf(context.answers));
      }
      admission.leave();
      callback(null, message ?? empty, trailers);
    }, refuse);
  } catch (error) {
    refuse(error);
  }
};

const mergedOf = (side: "headers" | "trailers", answers: readonly AnswerOptions[]): Metadata =>
  metadataOf(passedOn(Object.assign({}, ...answers.map((answer) => answer[side]))));
const headersOf = (answers: readonly AnswerOptions[]): Metadata => mergedOf("headers", answers);
const trailersOf = (answers: readonly AnswerOptions[]): Metadata => mergedOf("trailers", answers);

type Outgoing = ServerWritableStream<Message, Message> | ServerDuplexStream<Message, Message>;

const stream = async (
  answers: (context: ServedContext) => AsyncIterable<Message | readonly Message[]>,
  call: Outgoing,
  admission: Admission,
  log: Log,
): Promise<void> => {
  let isInside = false;
  try {
    admission.enter();
    isInside = true;
    const context = new GrpcCallContext(call);
    const { signal } = context;
    let hasBegun = false;
    for await (const message of answers(context)) {
      if (call.cancelled) return;
      if (!hasBegun && context.answers.length > 0) call.sendMetadata(headersOf(context.answers));
      hasBegun = true;
      // A reader that is gone never drains: the wait ends with the call.
      if (!call.write(message)) await once(call, "drain", { signal });
    }
    call.end(context.answers.length === 0 ? undefined : trailersOf(context.answers));
  } catch (error) {
    if (!call.cancelled) call.emit("error", statusOf(error, log));
  } finally {
    if (isInside) admission.leave();
  }
};

/** Reading to the end must not end the call as well: it has answers to give yet. */
async function* requestsOf(call: Readable): AsyncIterable<Message> {
  for await (const message of call.iterator({ destroyOnReturn: false })) yield wellFormed(message as Message);
}
