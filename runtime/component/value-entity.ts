import type { Message, MessageFns } from "../codec.ts";
import type { EntityContext } from "./context.ts";
import { type RequestOf, type ResponseOf, type ServiceDefinition, untyped } from "./definition.ts";
import type { Change, Effect, ErrorEffect, ForwardTo, Ignore, Reply } from "./effects.ts";
import type { Wake } from "./wake.ts";

export type EntityEffect<S extends Message, T extends Message> =
  | Reply<T>
  | Change<S, T>
  | ForwardTo<T>
  | ErrorEffect
  | Ignore;

/** One handler a method: a command and the present state give an effect. */
export type EntityHandlers<D extends ServiceDefinition, S extends Message> = {
  readonly [K in keyof D["methods"]]: (
    command: RequestOf<D["methods"][K]>,
    state: S,
    context: EntityContext,
  ) => EntityEffect<S, ResponseOf<D["methods"][K]>> | Promise<EntityEffect<S, ResponseOf<D["methods"][K]>>>;
};

/** A handler before the compiler knows its messages. */
export type UntypedEntityHandler = (
  command: Message,
  state: Message,
  context: EntityContext,
) => Effect | Promise<Effect>;

export type ValueEntity<D extends ServiceDefinition = ServiceDefinition, S extends Message = Message> = {
  readonly kind: "value_entity";
  readonly definition: D;
  readonly state: MessageFns<S>;
  readonly emptyState: () => Message;
  readonly wake: Wake | undefined;
  readonly handlers: Readonly<Record<string, UntypedEntityHandler>>;
};

export type ValueEntityOptions<S extends Message> = {
  /** The generated type of the state. */
  readonly state: MessageFns<S>;
  /** What an entity is before its first change; by default the message with nothing set. */
  readonly emptyState?: () => S;
  /** Entities that ask to be woken at a time that their state tells; see `wakenBy`. */
  readonly wake?: Wake<S>;
};

/** An entity whose whole state is stored at each change, with what it publishes, in one write. */
export const valueEntity = <D extends ServiceDefinition, S extends Message>(
  definition: D,
  { state, emptyState = () => state.fromPartial({}), wake, ...handlers }: ValueEntityOptions<S> & EntityHandlers<D, S>,
): ValueEntity<D, S> => ({
  kind: "value_entity",
  definition,
  state,
  emptyState,
  wake: wake && untyped(wake),
  handlers: untyped(handlers),
});
