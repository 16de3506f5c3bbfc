import type { Message } from "../codec.ts";
import type { Action, UntypedActionHandler } from "../component/action.ts";
import type { CallContext } from "../component/context.ts";
import type { UntypedClient } from "../component/definition.ts";
import { type Effect, isEffect, reply } from "../component/effects.ts";
import type { KeyFieldsOf, MethodModel, ServiceModel } from "../contract/model.ts";
import type { Unit } from "../entity/unit.ts";
import { MeshError } from "../errors.ts";
import type { EventBus } from "../ports.ts";
import type { Answering, Answers } from "./answers.ts";
import { type Caller, type ClientFactory, callerIn } from "./clients.ts";
import { type BoundMethod, type BoundService, messageTypes } from "./method.ts";
import { createPublisher, type Publisher } from "./publisher.ts";

type MaybeReply = Promise<Message | undefined> | Message | undefined;

/** An action's methods, and what streamed calls, which are no single unit, are made of. */
export type BoundAction = {
  readonly methods: BoundService;
  handlerFor(method: MethodModel, call: Caller, context: CallContext): UntypedActionHandler;
  /** What an effect of a method comes to inside a unit: it is answered, and published where the method publishes. */
  answer(method: BoundMethod, unit: Unit, effect: Effect): MaybeReply;
};

export type BindActionOptions = {
  /** Of what the action uses; asked for when the first command comes, since actions may use one another. */
  readonly clients: () => Readonly<Record<string, ClientFactory>>;
  readonly answers: Answers;
  readonly keyFieldsOf: KeyFieldsOf;
  readonly bus: EventBus;
};

/** The methods of an action service. Replies of a method with a destination are published with the unit. */
export const bindAction = (
  component: Action,
  service: ServiceModel,
  { clients, answers, keyFieldsOf, bus }: BindActionOptions,
): BoundAction => {
  let factories: readonly (readonly [string, ClientFactory])[] | undefined;
  const methods = new Map<string, BoundMethod>();
  const answering: Answering = {
    path: service.fullName,
    emptyState: () => ({}),
    own: (name) => methods.get(name),
  };

  const handlerFor: BoundAction["handlerFor"] = ({ handler: name, path }, call, context) => {
    factories ??= Object.entries(clients());
    const components: Record<string, UntypedClient> = {};
    for (const [client, create] of factories) components[client] = create(call, context);
    const handler = component.create(components, context)[name];
    if (handler === undefined)
      throw new MeshError("MISSING_HANDLER", `the action gives no handler "${name}" for ${path}`);
    return handler;
  };

  const publishers = new Map<BoundMethod, Publisher>();
  const answer: BoundAction["answer"] = (method, unit, effect) => {
    const message = answers(unit, effect, answering);
    const publish = publishers.get(method);
    if (publish === undefined) return message;
    return message instanceof Promise ? message.then((settled) => publish(unit, settled)) : publish(unit, message);
  };

  const runOf = (model: MethodModel, method: () => BoundMethod): BoundMethod["run"] => {
    switch (model.shape) {
      case "unary":
        return (unit, command) => {
          const effect = handlerFor(model, callerIn(unit), unit.context)(command) as Effect | Promise<Effect>;
          return effect instanceof Promise
            ? effect.then((settled) => answer(method(), unit, settled))
            : answer(method(), unit, effect);
        };
      case "server_streaming":
        return async (unit, command) => {
          const given = handlerFor(model, callerIn(unit), unit.context)(command) as AsyncIterable<Message | Effect>;
          for await (const each of given) await answer(method(), unit, effectOf(each));
          if (unit.later?.forward !== undefined) throw forwards(model);
          return undefined;
        };
      case "client_streaming":
      case "bidi_streaming":
        return () => {
          throw new MeshError("FORWARD_MISPLACED", `${model.path} takes a stream, so nothing can be forwarded to it`);
        };
    }
  };

  for (const model of service.methods) {
    const types = messageTypes(component.definition, model);
    const method: BoundMethod = { model, service, ...types, run: runOf(model, () => method) };
    methods.set(model.handler, method);
    const publish = createPublisher(model, service, types.response, keyFieldsOf, bus);
    if (publish !== undefined) publishers.set(method, publish);
  }
  return { methods, handlerFor, answer };
};

/** What a streamed method gives: an effect, or a message that stands for its reply. */
export const effectOf = (given: Message | Effect): Effect => (isEffect(given) ? given : reply(given));

const forwards = ({ path }: MethodModel): MeshError =>
  new MeshError(
    "FORWARD_MISPLACED",
    `${path} gives several messages for one record, and one of them is answered elsewhere; publish it to a topic that forwards`,
  );
