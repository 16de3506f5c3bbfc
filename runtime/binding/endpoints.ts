import type { Message } from "../codec.ts";
import type { CallContext } from "../component/context.ts";
import { type Effect, isEffect } from "../component/effects.ts";
import { runUnit } from "../entity/run-unit.ts";
import type { ServedContext } from "../grpc/call-context.ts";
import type { Endpoint } from "../grpc/endpoint.ts";
import type { EventBus } from "../ports.ts";
import { type BoundAction, effectOf } from "./actions.ts";
import type { Caller } from "./clients.ts";
import type { BoundMethod } from "./method.ts";

/** A unary method as gRPC calls it: one call, one unit of work. */
export const unaryEndpoint = ({ model, request, response, run }: BoundMethod, bus: EventBus): Endpoint => ({
  shape: "unary",
  path: model.path,
  request,
  response,
  handle: (command, context) => runUnit({ bus, context, caller: context }, (unit) => run(unit, command)),
});

/**
 * A method of an action as gRPC calls it. In a streamed call each call to a component is a unit of its own, and so is
 * each element that is more than a message.
 */
export const actionEndpoint = (method: BoundMethod, bound: BoundAction, bus: EventBus): Endpoint => {
  const { model, request, response } = method;
  const base = { path: model.path, request, response };
  const callerOf =
    (context: CallContext): Caller =>
    async (target, command) =>
      (await runUnit({ bus, context }, (unit) => target.run(unit, command))) ?? target.response.fromPartial({});
  const handlerOf = (context: CallContext) => bound.handlerFor(model, callerOf(context), context);
  const settle = (effect: Effect, context: ServedContext): Promise<Message | undefined> =>
    runUnit({ bus, context, caller: context }, (unit) => bound.answer(method, unit, effect));

  async function* messagesOf(given: AsyncIterable<Message | Effect>, context: ServedContext): AsyncIterable<Message> {
    for await (const each of given) {
      const isPlain = model.destination === undefined && !isEffect(each);
      const message = isPlain ? each : await settle(effectOf(each), context);
      if (message !== undefined) yield message;
    }
  }

  switch (model.shape) {
    case "unary":
      return unaryEndpoint(method, bus);
    case "client_streaming":
      return {
        ...base,
        shape: "client_streaming",
        async handle(commands, context) {
          const effect = (await handlerOf(context)(commands)) as Effect;
          return settle(effect, context);
        },
      };
    case "server_streaming":
      return {
        ...base,
        shape: "server_streaming",
        handle: (command, context) => messagesOf(handlerOf(context)(command) as AsyncIterable<Message>, context),
      };
    case "bidi_streaming":
      return {
        ...base,
        shape: "bidi_streaming",
        handle: (commands, context) => messagesOf(handlerOf(context)(commands) as AsyncIterable<Message>, context),
      };
  }
};
