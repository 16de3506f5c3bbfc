import type { Message } from "../codec.ts";
import type { RequestOf, ServiceDefinition, UnaryMethodOf } from "./definition.ts";
import type { TextHeaders } from "./effects.ts";

/** A call whose answer nobody waits for, made once the unit that asked for it stands. It is not tried again. */
export type SideEffect = {
  readonly service: ServiceDefinition;
  readonly method: string;
  readonly message: Message;
  /** It ends before the reply is given. */
  readonly isSynchronous: boolean;
  readonly headers: TextHeaders;
};

export type SideEffectOptions = {
  /** Whether the reply waits until the call has ended; its failure does not fail the command. */
  readonly synchronous?: boolean;
  /** Given to the called method, beside the trace of the caller. */
  readonly headers?: TextHeaders;
};

/** A call to a unary method of a component of this application, or of a service elsewhere. */
export const sideEffect = <D extends ServiceDefinition, K extends UnaryMethodOf<D>>(
  service: D,
  method: K,
  message: RequestOf<D["methods"][K]>,
  { synchronous = false, headers = {} }: SideEffectOptions = {},
): SideEffect => ({ service, method, message, isSynchronous: synchronous, headers });
