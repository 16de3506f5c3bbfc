import type { Message, MessageFns } from "../codec.ts";
import { MeshError } from "../errors.ts";
import type { EntityContext } from "./context.ts";
import { type RequestOf, type ResponseOf, type ServiceDefinition, untyped } from "./definition.ts";
import type { Effect, EntityEvent, ErrorEffect, ForwardTo, Ignore, Reply } from "./effects.ts";
import type { Emit, EventOf, EventTypes } from "./emit.ts";
import type { UntypedEntityHandler } from "./value-entity.ts";

type EventSourcedEffect<S extends Message, E extends EventTypes, T extends Message> =
  | Reply<T>
  | Emit<EventOf<E>, S, T>
  | ForwardTo<T>
  | ErrorEffect
  | Ignore;

/** One handler a method: a command and the present state give an effect. */
export type EventSourcedHandlers<D extends ServiceDefinition, S extends Message, E extends EventTypes> = {
  readonly [K in keyof D["methods"]]: (
    command: RequestOf<D["methods"][K]>,
    state: S,
    context: EntityContext,
  ) =>
    | EventSourcedEffect<S, E, ResponseOf<D["methods"][K]>>
    | Promise<EventSourcedEffect<S, E, ResponseOf<D["methods"][K]>>>;
};

/** One applier an event: the state that an event makes of the one before. Pure, since it runs at every replay. */
export type EventAppliers<S extends Message, E extends EventTypes> = {
  readonly [K in keyof E & string as `on${K}`]: (state: S, event: ReturnType<E[K]["decode"]>) => S;
};

export type EventSourcedEntityOptions<S extends Message, E extends EventTypes> = {
  /** The generated type of the state. */
  readonly state: MessageFns<S>;
  readonly events: E;
  /** What an entity is before its first event; by default the message with nothing set. */
  readonly emptyState?: () => S;
  /** After how many events the state is stored with them; 100 by default. A replay reads no more than those since. */
  readonly snapshotEvery?: number;
};

export type EventSourcedEntity<
  D extends ServiceDefinition = ServiceDefinition,
  S extends Message = Message,
  E extends EventTypes = EventTypes,
> = {
  readonly kind: "event_sourced_entity";
  readonly definition: D;
  readonly state: MessageFns<S>;
  readonly events: E;
  readonly emptyState: () => Message;
  readonly snapshotEvery: number;
  readonly handlers: Readonly<Record<string, UntypedEntityHandler>>;
  /** The state after an event; events are named by the last part of their message's name. */
  readonly apply: (state: Message, name: string, event: Message) => Message;
};

/** An entity whose events are stored, with what it publishes, in one write; its state is the fold of them. */
export const eventSourcedEntity = <D extends ServiceDefinition, S extends Message, E extends EventTypes>(
  definition: D,
  options: EventSourcedEntityOptions<S, E> & EventSourcedHandlers<D, S, E> & EventAppliers<S, E>,
): EventSourcedEntity<D, S, E> => {
  const { state, events, emptyState = () => state.fromPartial({}), snapshotEvery = 100 } = options;
  const functions = untyped<Readonly<Record<string, UntypedApplier & UntypedEventHandler>>>(options);
  const apply: EventSourcedEntity["apply"] = (before, name, event) => {
    const applier = functions[`on${name}`];
    if (applier !== undefined) {
      const after = applier(before, event);
      if (after !== undefined && !(after instanceof Promise)) return after;
      throw new MeshError(
        "HANDLER_FAILED",
        `${definition.fullName}'s "on${name}" gave no state; it returns the next one`,
      );
    }
    throw new MeshError("MISSING_HANDLER", `${definition.fullName} has no applier "on${name}" for event ${name}`);
  };
  const handlers: Record<string, UntypedEntityHandler> = {};
  for (const name of Object.keys(definition.methods)) {
    const handler = functions[name];
    if (handler !== undefined) handlers[name] = emittingHandler(handler, apply);
  }
  return {
    kind: "event_sourced_entity",
    definition,
    state,
    events,
    emptyState: untyped(emptyState),
    snapshotEvery,
    handlers,
    apply,
  };
};

/** What code gives that no compiler has held to `Message` may be nothing. */
type UntypedApplier = (state: Message, event: Message) => Message | undefined;
type UntypedEventHandler = (
  command: Message,
  state: Message,
  context: EntityContext,
) => Effect | Emit | Promise<Effect | Emit>;

/** To the unit, what an event-sourced handler emits is a change like any other, which tells its events. */
const emittingHandler =
  (handler: UntypedEventHandler, apply: EventSourcedEntity["apply"]): UntypedEntityHandler =>
  (command, state, context) => {
    const effect = handler(command, state, context);
    return effect instanceof Promise
      ? effect.then((settled) => changeOf(settled, state, apply))
      : changeOf(effect, state, apply);
  };

const changeOf = (effect: Effect | Emit, state: Message, apply: EventSourcedEntity["apply"]): Effect => {
  if (effect?.kind !== "emit") return effect;
  const events: EntityEvent[] = effect.events.map(namedEvent);
  let next = state;
  for (const event of events) if (event.kind === "event") next = apply(next, event.name, event.message);
  if (effect.deletes) events.push({ kind: "deletion" });
  if (events.length === 0) return effect.answer(state);
  return { kind: "change", state: effect.deletes ? undefined : next, events, answer: effect.answer };
};

const namedEvent = (emitted: object): EntityEvent => {
  const [entry, ...others] = Object.entries(emitted) as [string, Message][];
  if (entry !== undefined && others.length === 0) return { kind: "event", name: entry[0], message: entry[1] };
  throw new MeshError("HANDLER_FAILED", "emitEvents takes one object an event, whose one key is the event's name");
};
