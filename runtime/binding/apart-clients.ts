import type { Message } from "../codec.ts";
import type { Outcome } from "../component/apart.ts";
import type { CallContext } from "../component/context.ts";
import { untyped } from "../component/definition.ts";
import { keyOf } from "../entity/key.ts";
import { beginUnit, type UnitRun } from "../entity/run-unit.ts";
import type { Log } from "../log.ts";
import type { EventBus } from "../ports.ts";
import { failureOf, rpcStatusOf } from "../rpc-status.ts";
import type { ClientFactory } from "./clients.ts";
import type { BoundMethod, BoundService } from "./method.ts";

/** Clients whose calls are units of work of their own; see `apart`. Only unary methods can be called so. */
export const createApartFactory = (service: BoundService, bus: EventBus, log: Log): ClientFactory => {
  const begin = (method: BoundMethod, command: Message, run: UnitRun): Outcome | Promise<Outcome> => {
    const reply = beginUnit(run, (unit) => method.run(unit, command));
    if (!(reply instanceof Promise)) return replyOf(method, reply);
    return reply.then(
      (message) => replyOf(method, message),
      (error: unknown) => ({ kind: "error", status: rpcStatusOf(failureOf(error, log)) }),
    );
  };

  class Client {
    readonly run: UnitRun;
    /** The last call of each key, while it is under way. */
    underWay: Map<string, Promise<Outcome>> | undefined;
    constructor(context: CallContext) {
      this.run = { bus, context };
    }
  }
  for (const [name, method] of service) {
    if (method.model.shape !== "unary") continue;
    const send = function (this: Client, command: Message): Outcome | Promise<Outcome> {
      const { run } = this;
      const before = (this.underWay?.size ?? 0) > 0 ? this.underWay?.get(chainOf(method, command)) : undefined;
      const outcome =
        before === undefined ? begin(method, command, run) : before.then(() => begin(method, command, run));
      if (!(outcome instanceof Promise)) return outcome;
      this.underWay ??= new Map();
      const { underWay } = this;
      const chain = chainOf(method, command);
      underWay.set(chain, outcome);
      void outcome.then(() => {
        if (underWay.get(chain) === outcome) underWay.delete(chain);
      });
      return outcome;
    };
    Object.defineProperty(Client.prototype, name, { value: send });
  }
  return (_, context) => untyped(new Client(context));
};

const replyOf = ({ response }: BoundMethod, message: Message | undefined): Outcome => ({
  kind: "reply",
  message: message ?? response.fromPartial({}),
});

/** What a command waits behind: those before it with the same key. Those without a valid key fail, in any order. */
const chainOf = ({ model }: BoundMethod, command: Message): string => {
  try {
    return keyOf(command, model.keyFields).text;
  } catch {
    return "";
  }
};
