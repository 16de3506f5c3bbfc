import type { Message } from "../codec.ts";
import type { AnswerOptions } from "../component/effects.ts";
import type { KeyFieldsOf, MethodModel, ServiceModel } from "../contract/model.ts";
import { runUnit } from "../entity/run-unit.ts";
import type { Unit } from "../entity/unit.ts";
import type { Output } from "../eventing/outgoing.ts";
import type { EventBus, MessageType } from "../ports.ts";

/** Stages a reply for its method's topic, and hands it on. */
export type Publisher = (unit: Unit, reply: Message | undefined) => Message | undefined;

/** `undefined` for a method without a destination. */
export const createPublisher = (
  { destination, output }: MethodModel,
  service: ServiceModel,
  type: MessageType,
  keyFieldsOf: KeyFieldsOf,
  bus: EventBus,
): Publisher | undefined => {
  if (destination === undefined) return undefined;
  const keyFields = keyFieldsOf(output);
  const outputOf = (message: Message, { headers, isTombstone }: AnswerOptions = {}): Output => ({
    topic: destination,
    type,
    keyFields,
    message,
    source: service.fullName,
    headers,
    isTombstone,
  });

  return (unit, reply) => {
    if (reply !== undefined) unit.outputs.push(outputOf(reply, unit.answered));
    else if (unit.later?.forward !== undefined) publishReplyOf(unit, bus, outputOf);
    return reply;
  };
};

/** The reply comes after the unit, and so does what is published of it. */
const publishReplyOf = (
  { context, later }: Unit,
  bus: EventBus,
  outputOf: (message: Message, answered: AnswerOptions) => Output,
): void => {
  const forward = later?.forward;
  if (later === undefined || forward === undefined) return;
  later.forward = async ({ caller, origin }) => {
    let answered: AnswerOptions = {};
    const listener = {
      answerWith(options: AnswerOptions) {
        answered = options;
        caller?.answerWith?.(options);
      },
    };
    const reply = await forward({ caller: listener, origin });
    if (reply === undefined) return undefined;
    return runUnit({ bus, context, ...(origin === undefined ? {} : { origin }) }, (unit) => {
      unit.outputs.push(outputOf(reply, answered));
      return reply;
    });
  };
};
