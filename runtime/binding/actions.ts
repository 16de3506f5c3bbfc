import type { Message } from "../codec.ts";
import type { Action, UntypedActionHandler } from "../component/action.ts";
import type { CallContext } from "../component/context.ts";
import type { UntypedClient } from "../component/definition.ts";
import type { Effect, Forward } from "../component/effects.ts";
import type { KeyFieldsOf, MethodModel, ServiceModel } from "../contract/model.ts";
import type { Unit } from "../entity/unit.ts";
import { MeshError } from "../errors.ts";
import type { MessageType } from "../ports.ts";
import { type Caller, type ClientFactory, callerIn } from "./clients.ts";
import { answerOf, type BoundMethod, type BoundService, messageTypes } from "./method.ts";

/** An action's methods, and its handlers for streamed calls, which are no single unit. */
export type BoundAction = {
  readonly methods: BoundService;
  handlerFor(method: MethodModel, call: Caller, context: CallContext): UntypedActionHandler;
};

/** The methods of an action service. Replies of a method with a destination are published with the unit. */
export const bindAction = (
  component: Action,
  service: ServiceModel,
  clients: Readonly<Record<string, ClientFactory>>,
  keyFieldsOf: KeyFieldsOf,
): BoundAction => {
  const factories = Object.entries(clients);
  const methods = new Map<string, BoundMethod>();

  const handlerFor: BoundAction["handlerFor"] = ({ handler: name, path }, call, context) => {
    const components: Record<string, UntypedClient> = {};
    for (const [client, create] of factories) components[client] = create(call);
    const handler = component.create(components, context)[name];
    if (handler === undefined)
      throw new MeshError("MISSING_HANDLER", `the action gives no handler "${name}" for ${path}`);
    return handler;
  };

  const settle = (unit: Unit, effect: Effect): Promise<Message | undefined> | Message | undefined => {
    if (effect.kind !== "forward") return answerOf(effect, noState);
    const target = targetOf(methods, service.fullName, effect);
    return target.run(unit, effect.message);
  };

  for (const model of service.methods) {
    const { request, response } = messageTypes(component.definition, model);
    const publish = publisherOf(model, service, response, keyFieldsOf);
    const answer = (unit: Unit, effect: Effect): Promise<Message | undefined> | Message | undefined => {
      const reply = settle(unit, effect);
      if (publish === undefined) return reply;
      const isTombstone = effect.kind === "reply" && effect.isTombstone === true;
      if (reply instanceof Promise) return reply.then((settled) => publish(unit, settled, isTombstone));
      return publish(unit, reply, isTombstone);
    };
    const run: BoundMethod["run"] = (unit, command) => {
      const effect = handlerFor(model, callerIn(unit), unit.context)(command) as Effect | Promise<Effect>;
      return effect instanceof Promise ? effect.then((settled) => answer(unit, settled)) : answer(unit, effect);
    };
    methods.set(model.handler, { model, service, request, response, run });
  }
  return { methods, handlerFor };
};

/** The method of the same service that a forward names. */
export const targetOf = (methods: BoundService, from: string, { method }: Forward): BoundMethod => {
  const target = methods.get(method);
  if (target !== undefined) return target;
  throw new MeshError("MISSING_HANDLER", `${from} forwards to "${method}", which is no method of its service`);
};

const noState = (): Message => ({});

/** Stages the reply for the method's topic, and hands it on. */
const publisherOf = (
  { destination, output }: MethodModel,
  service: ServiceModel,
  type: MessageType,
  keyFieldsOf: KeyFieldsOf,
): ((unit: Unit, reply: Message | undefined, isTombstone: boolean) => Message | undefined) | undefined => {
  if (destination === undefined) return undefined;
  const keyFields = keyFieldsOf(output);
  return (unit, reply, isTombstone) => {
    if (reply !== undefined) {
      unit.outputs.push({ topic: destination, type, keyFields, message: reply, isTombstone, source: service.fullName });
    }
    return reply;
  };
};
