import type { Message } from "../codec.ts";
import { type UntypedClient, untyped } from "../component/definition.ts";
import type { Unit } from "../entity/unit.ts";
import type { BoundService } from "./method.ts";

/** Runs a method of another component for one call of an action. */
export type Caller = (
  method: BoundService extends ReadonlyMap<string, infer M> ? M : never,
  command: Message,
) => Promise<Message>;

/** Calls inside the caller's own unit of work. */
export const callerIn =
  (unit: Unit): Caller =>
  (method, command) => {
    try {
      const reply = method.run(unit, command);
      return reply instanceof Promise
        ? reply.then((settled) => settled ?? method.response.fromPartial({}))
        : Promise.resolve(reply ?? method.response.fromPartial({}));
    } catch (error) {
      return Promise.reject(error);
    }
  };

/** Makes the clients of one service; cheap, as it happens once a unit of work. */
export type ClientFactory = (call: Caller) => UntypedClient;

export const createClientFactory = (service: BoundService): ClientFactory => {
  class Client {
    readonly call: Caller;
    constructor(call: Caller) {
      this.call = call;
    }
  }
  for (const [name, method] of service) {
    const send = function (this: Client, command: Message): Promise<Message> {
      return this.call(method, command);
    };
    Object.defineProperty(Client.prototype, name, { value: send });
  }
  return (call) => untyped(new Client(call));
};
