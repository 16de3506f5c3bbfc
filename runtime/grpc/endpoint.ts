import type { Message, MessageFns } from "../codec.ts";
import type { ServedContext } from "./call-context.ts";

type Base = {
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly request: MessageFns;
  readonly response: MessageFns;
};

/** One callable method, by the shape of its calls. `undefined` is answered as an empty message. */
export type Endpoint =
  | (Base & {
      readonly shape: "unary";
      readonly handle: (command: Message, context: ServedContext) => Promise<Message | undefined>;
    })
  | (Base & {
      readonly shape: "client_streaming";
      readonly handle: (commands: AsyncIterable<Message>, context: ServedContext) => Promise<Message | undefined>;
    })
  | (Base & {
      readonly shape: "server_streaming";
      readonly handle: (command: Message, context: ServedContext) => AsyncIterable<Message>;
    })
  | (Base & {
      readonly shape: "bidi_streaming";
      readonly handle: (commands: AsyncIterable<Message>, context: ServedContext) => AsyncIterable<Message>;
    });
