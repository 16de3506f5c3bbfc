import type { Message } from "../codec.ts";
import type { Effect } from "../component/effects.ts";
import { runUnit } from "../entity/run-unit.ts";
import type { Endpoint } from "../grpc/endpoint.ts";
import type { EventBus } from "../ports.ts";
import { type BoundAction, targetOf } from "./actions.ts";
import type { Caller } from "./clients.ts";
import { answerOf, type BoundMethod } from "./method.ts";

/** A unary method as gRPC calls it: one call, one unit of work. */
export const unaryEndpoint = ({ model, request, response, run }: BoundMethod, bus: EventBus): Endpoint => ({
  shape: "unary",
  path: model.path,
  request,
  response,
  handle: (command, context) => runUnit({ bus, context }, (unit) => run(unit, command)),
});

/** A method of an action as gRPC calls it. In a streamed call each call to a component is a unit of its own. */
export const actionEndpoint = (method: BoundMethod, { methods, handlerFor }: BoundAction, bus: EventBus): Endpoint => {
  const { model, request, response } = method;
  const base = { path: model.path, request, response };
  const callerOf =
    (context: Parameters<BoundAction["handlerFor"]>[2]): Caller =>
    async (target, command) =>
      (await runUnit({ bus, context }, (unit) => target.run(unit, command))) ?? target.response.fromPartial({});

  switch (model.shape) {
    case "unary":
      return unaryEndpoint(method, bus);
    case "client_streaming":
      return {
        ...base,
        shape: "client_streaming",
        async handle(commands, context) {
          const effect = (await handlerFor(model, callerOf(context), context)(commands)) as Effect;
          if (effect.kind !== "forward") return answerOf(effect, noState);
          const target = targetOf(methods, model.path, effect);
          return runUnit({ bus, context }, (unit) => target.run(unit, effect.message));
        },
      };
    case "server_streaming":
      return {
        ...base,
        shape: "server_streaming",
        handle: (command, context) => handlerFor(model, callerOf(context), context)(command) as AsyncIterable<Message>,
      };
    case "bidi_streaming":
      return {
        ...base,
        shape: "bidi_streaming",
        handle: (commands, context) =>
          handlerFor(model, callerOf(context), context)(commands) as AsyncIterable<Message>,
      };
  }
};

const noState = (): Message => ({});
