import type { Message } from "../codec.ts";
import type { UntypedClient } from "../component/definition.ts";
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
  async (method, command) =>
    (await method.run(unit, command)) ?? method.response.fromPartial({});

/** Makes the clients of one service; cheap, as it happens once a unit of work. */
export type ClientFactory = (call: Caller) => UntypedClient;

export const createClientFactory = (service: BoundService): ClientFactory => {
  const methods = [...service];
  return (call) => {
    const client: Record<string, (command: Message) => Promise<Message>> = {};
    for (const [name, method] of methods) client[name] = (command) => call(method, command);
    return client;
  };
};
