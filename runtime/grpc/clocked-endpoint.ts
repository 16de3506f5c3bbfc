import type { Message } from "../codec.ts";
import type { AnswerOptions } from "../component/effects.ts";
import type { ServedContext } from "./call-context.ts";
import type { Endpoint } from "./endpoint.ts";

/** The endpoint with calls that tell the time of another clock than the process's, and their deadline by it. */
export const clockedEndpoint = (endpoint: Endpoint, now: () => number): Endpoint => {
  switch (endpoint.shape) {
    case "unary":
      return {
        ...endpoint,
        handle: (command: Message, context: ServedContext) => endpoint.handle(command, clocked(context, now)),
      };
    case "client_streaming":
      return {
        ...endpoint,
        handle: (commands: AsyncIterable<Message>, context: ServedContext) =>
          endpoint.handle(commands, clocked(context, now)),
      };
    case "server_streaming":
      return {
        ...endpoint,
        handle: (command: Message, context: ServedContext) => endpoint.handle(command, clocked(context, now)),
      };
    case "bidi_streaming":
      return {
        ...endpoint,
        handle: (commands: AsyncIterable<Message>, context: ServedContext) =>
          endpoint.handle(commands, clocked(context, now)),
      };
  }
};

/** Everything but the time is the call's own, what its answer brings along too. */
const clocked = (context: ServedContext, now: () => number): ServedContext =>
  Object.create(context, {
    now: { value: now },
    answerWith: { value: (options: AnswerOptions) => context.answerWith?.(options) },
    deadline: {
      get: () => (context.deadline === undefined ? undefined : now() + context.deadline - Date.now()),
    },
  });
