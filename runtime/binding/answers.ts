import type { Message } from "../codec.ts";
import type { CallContext } from "../component/context.ts";
import { type Effect, type Forward, type ForwardTo, noEffect, type Reply } from "../component/effects.ts";
import { runUnit } from "../entity/run-unit.ts";
import type { Asked, Unit } from "../entity/unit.ts";
import { MeshError } from "../errors.ts";
import type { EventBus } from "../ports.ts";
import { Status } from "../status.ts";
import type { Directory, Target } from "./directory.ts";
import type { BoundMethod } from "./method.ts";
import type { SideEffects } from "./side-effects.ts";

/** Whose effect it is. */
export type Answering = {
  /** The gRPC path, or the service, as errors name it. */
  readonly path: string;
  readonly emptyState: () => Message;
  /** A method of the same service by its name. */
  readonly own: (handler: string) => BoundMethod | undefined;
};

type Next = Asked & { readonly context: CallContext; readonly isChanged: boolean };
type MaybeReply = Promise<Message | undefined> | Message | undefined;

/** What an effect comes to inside its unit. An error effect is thrown; `undefined` is no reply, or one that follows. */
export type Answers = (unit: Unit, effect: Effect, of: Answering) => MaybeReply;

export const createAnswers = (directory: Directory, sideEffects: SideEffects, bus: EventBus): Answers => {
  const give = (unit: Unit, { message, options }: Reply, { path }: Answering): Message => {
    unit.answered = options;
    if (options?.sideEffects !== undefined) sideEffects.stage(unit, options.sideEffects, path);
    return message;
  };

  const targetOf = ({ service, method }: Forward | ForwardTo, { own, path }: Answering): Target => {
    if (service !== undefined) return directory.find(service, method, path);
    const found = own(method);
    if (found !== undefined) return { kind: "local", method: found };
    throw new MeshError("MISSING_HANDLER", `${path} forwards to "${method}", which is no method of its service`);
  };

  /** In the same unit where that can be: nothing is changed yet, and the method is one of ours. */
  const forward = (unit: Unit, effect: Forward | ForwardTo, of: Answering, isChanged: boolean): MaybeReply => {
    const target = targetOf(effect, of);
    if (effect.options?.sideEffects !== undefined) sideEffects.stage(unit, effect.options.sideEffects, of.path);
    if (target.kind === "local" && !isChanged) return target.method.run(unit, effect.message);
    const { context } = unit;
    unit.answered = undefined;
    unit.followWith().forward = (asked) => callNext(target, effect.message, { ...asked, context, isChanged });
    return undefined;
  };

  const callNext = async (target: Target, command: Message, next: Next): Promise<Message | undefined> => {
    const { context, caller, origin, isChanged } = next;
    if (target.kind === "local") {
      // Messages of the first unit are named by the origin itself.
      const run = origin === undefined ? { bus, context, caller } : { bus, context, caller, origin: `${origin}/next` };
      return runUnit(run, (unit) => target.method.run(unit, command));
    }
    // What follows a change is done, whether the caller still waits for it or not.
    const signal = isChanged ? undefined : context.signal;
    const { deadline, headers } = context;
    const answer = await target.service.call(target.method, command, { deadline, signal, headers });
    caller?.answerWith?.(answer);
    return answer.message;
  };

  return (unit, effect, of) => {
    switch (effect?.kind) {
      case "reply":
        return give(unit, effect, of);
      case "change": {
        const next = effect.answer(effect.state ?? of.emptyState());
        return next.kind === "reply" ? give(unit, next, of) : forward(unit, next, of, true);
      }
      case "forward":
        return forward(unit, effect, of, false);
      case "ignore":
        return undefined;
      case "error": {
        const { status, text, fields, details, retryAfterMs } = effect;
        if (status === Status.OK) {
          throw new MeshError("HANDLER_FAILED", `${of.path} answered with an error of status OK: ${text}`);
        }
        throw new MeshError(fields.length > 0 ? "INVALID_FIELD" : "HANDLER_ERROR", text, {
          status,
          fields,
          details,
          ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
        });
      }
      default:
        throw noEffect(of.path, "reply, ignore, error, forward, or a change that ends with thenReply or thenForward");
    }
  };
};
