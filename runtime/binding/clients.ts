import type { Message } from "../codec.ts";
import type { CallContext } from "../component/context.ts";
import { type ServiceDefinition, type UntypedClient, untyped } from "../component/definition.ts";
import type { Unit } from "../entity/unit.ts";
import { MeshError } from "../errors.ts";
import type { RemoteService } from "../grpc/remote-service.ts";
import { traceOf } from "./contexts.ts";
import type { BoundMethod, BoundService } from "./method.ts";

/** Runs a method of another component for one call of an action. */
export type Caller = (method: BoundMethod, command: Message) => Promise<Message>;

/** Calls inside the caller's own unit of work. */
export const callerIn =
  (unit: Unit): Caller =>
  (method, command) => {
    try {
      const reply = method.run(unit, command);
      return reply instanceof Promise
        ? reply.then((settled) => replyOf(unit, method, settled))
        : Promise.resolve(replyOf(unit, method, reply));
    } catch (error) {
      return Promise.reject(error);
    }
  };

const replyOf = (unit: Unit, { model, response }: BoundMethod, reply: Message | undefined): Message => {
  if (unit.later?.forward === undefined) return reply ?? response.fromPartial({});
  throw new MeshError(
    "FORWARD_MISPLACED",
    `${model.path} is answered by another method, after the unit of work that calls it; forward to it in place of calling it`,
  );
};

/** Makes the clients of one service; cheap, as it happens once a unit of work. */
export type ClientFactory = (call: Caller, context: CallContext) => UntypedClient;

export const createClientFactory = (service: BoundService): ClientFactory => {
  class Client {
    readonly call: Caller;
    constructor(call: Caller) {
      this.call = call;
    }
  }
  for (const [name, method] of service) {
    if (method.model.shape !== "unary") continue;
    const send = function (this: Client, command: Message): Promise<Message> {
      return this.call(method, command);
    };
    Object.defineProperty(Client.prototype, name, { value: send });
  }
  return (call) => untyped(new Client(call));
};

/** Clients of a service elsewhere. Each call goes out at once, and again when the unit that makes it runs again. */
export const createRemoteFactory = ({ methods }: ServiceDefinition, remote: RemoteService): ClientFactory => {
  const unary = Object.entries(methods).filter(
    ([, { requestStream, responseStream }]) => !requestStream && !responseStream,
  );
  return (_, context) =>
    Object.fromEntries(
      unary.map(([name, method]) => [
        name,
        async (command: Message) => {
          const { deadline, signal } = context;
          const { message } = await remote.call(method, command, { deadline, signal, headers: traceOf(context) });
          return message;
        },
      ]),
    );
};
