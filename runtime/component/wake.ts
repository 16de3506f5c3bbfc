import type { Message } from "../codec.ts";
import { type RequestOf, type ServiceDefinition, untyped } from "./definition.ts";

export type WakeOptions<S extends Message, C extends Message> = {
  /** When an entity in this state asks to be woken, in milliseconds since the epoch; `undefined` for not at all. */
  readonly at: (state: S) => number | undefined;
  /** No entity asks for a time further ahead than this; one that lies there was told by a clock that was set back since. */
  readonly withinMs: number;
  /** The command that wakes an entity, from the fields of its key. */
  readonly command: (...key: string[]) => C;
};

/** How the entities of a type are woken: by a method of an action, so that what comes of it can be published. */
export type Wake<S extends Message = Message> = WakeOptions<S, Message> & {
  readonly service: ServiceDefinition;
  readonly handler: string;
};

/**
 * Has each entity woken at the time that its state asks for, by the named method of an action of the same application.
 * It is called once that time has come, soon after, though the process that made the state has died; it may be called
 * early or twice, and has to look at the state.
 */
export const wakenBy = <S extends Message, D extends ServiceDefinition, K extends keyof D["methods"] & string>(
  service: D,
  handler: K,
  options: WakeOptions<S, RequestOf<D["methods"][K]>>,
): Wake<S> => ({ ...options, command: untyped(options.command), service, handler });
