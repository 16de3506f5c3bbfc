import type { Message } from "../codec.ts";
import type { CallContext } from "../component/context.ts";
import type { Endpoint } from "./endpoint.ts";

/** The endpoint with calls that tell the time of another clock than the process's, and their deadline by it. */
export const clockedEndpoint = (endpoint: Endpoint, now: () => number): Endpoint => {
  switch (endpoint.shape) {
    case "unary":
      return {
        ...endpoint,
        handle: (command: Message, context: CallContext) => endpoint.handle(command, clocked(context, now)),
      };
    case "client_streaming":
      return {
        ...endpoint,
        handle: (commands: AsyncIterable<Message>, context: CallContext) =>
          endpoint.handle(commands, clocked(context, now)),
      };
    case "server_streaming":
      return {
        ...endpoint,
        handle: (command: Message, context: CallContext) => endpoint.handle(command, clocked(context, now)),
      };
    case "bidi_streaming":
      return {
        ...endpoint,
        handle: (commands: AsyncIterable<Message>, context: CallContext) =>
          endpoint.handle(commands, clocked(context, now)),
      };
  }
};

/** Everything but the time is the call's own. */
const clocked = (context: CallContext, now: () => number): CallContext =>
  Object.create(context, {
    now: { value: now },
    deadline: {
      get: () => (context.deadline === undefined ? undefined : now() + context.deadline - Date.now()),
    },
  });
