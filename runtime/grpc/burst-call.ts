import { ServerInterceptingCall, type ServerInterceptor } from "@grpc/grpc-js";
import type { Message } from "../codec.ts";

type InnerCall = ConstructorParameters<typeof ServerInterceptingCall>[0];
type Serialize = (message: Message) => Buffer;

/** So much is handed to the connection at once; more would only wait there, encoded. */
const mostChunkBytes = 64 * 1024;

/**
 * Lets handlers of streams give a list of messages in one write, each of which is a message on the wire. grpc-js alone
 * waits after each message until it is written, and that costs several times what the message does. The method's
 * serializer must give a Buffer as it is.
 */
export const burstInterceptor =
  (maxMessageBytes: number): ServerInterceptor =>
  ({ responseStream, responseSerialize }, call) =>
    responseStream
      ? new BurstCall(call, responseSerialize, Math.min(mostChunkBytes, maxMessageBytes))
      : // grpc-js asks no more of it than its interface; a wrapper would cost every call.
        (call as ServerInterceptingCall);

class BurstCall extends ServerInterceptingCall {
  readonly #call: InnerCall;
  readonly #serialize: Serialize;
  readonly #chunkBytes: number;

  constructor(call: InnerCall, serialize: Serialize, chunkBytes: number) {
    super(call);
    this.#call = call;
    this.#serialize = serialize;
    this.#chunkBytes = chunkBytes;
  }

  /** Of a call that ends before, `written` is never called; grpc-js has it so. */
  override sendMessage(message: Message | readonly Message[], written: () => void): void {
    if (!Array.isArray(message)) this.#call.sendMessage(message, written);
    else if (message.length === 0) written();
    else this.#send(message, 0, written);
  }

  #send(messages: readonly Message[], from: number, written: () => void): void {
    const chunk: Message[] = [];
    for (let bytes = 0; bytes < this.#chunkBytes && from + chunk.length < messages.length; ) {
      const message = messages[from + chunk.length] as Message;
      try {
        const encoded = this.#serialize(message);
        chunk.push(encoded);
        bytes += encoded.length;
      } catch {
        // grpc-js tries it once more, and ends the call with what it gets. Nothing may come after that, as nothing
        // may after a message that is too large: that fills a chunk.
        chunk.push(message);
        bytes = Number.POSITIVE_INFINITY;
      }
    }
    const next = from + chunk.length;
    const goOn = next === messages.length ? written : (): void => this.#send(messages, next, written);
    // Messages are written in order: when the last is, all are.
    chunk.forEach((message, i) => {
      this.#call.sendMessage(message, i === chunk.length - 1 ? goOn : nothing);
    });
  }
}

const nothing = (): void => {};
