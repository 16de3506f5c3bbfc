import type { Message } from "../codec.ts";
import type { Action } from "../component/action.ts";
import type { MethodDefinition, RequestOf, ResponseOf, ServiceDefinition } from "../component/definition.ts";
import type { EventTypes } from "../component/emit.ts";
import type { EventSourcedEntity } from "../component/event-sourced-entity.ts";
import type { ReplicatedEntity } from "../component/replicated-entity.ts";
import type { ReplicatedRegister } from "../component/replicated-register.ts";
import type { ValueEntity } from "../component/value-entity.ts";
import type { View } from "../component/view.ts";
import type { ReplicatedData } from "../replicated/data/data-type.ts";
import type { StatusCode } from "../status.ts";
import type { UnitOutcome } from "./entity-case.ts";
import type { PartialMessage } from "./expected.ts";

type Methods<D extends ServiceDefinition> = keyof D["methods"] & string;
/** Of a method that takes a stream, all that comes on it; of one that gives a stream, all that it gives. */
type Command<D extends ServiceDefinition, K extends Methods<D>> = PartialMessage<
  D["methods"][K]["requestStream"] extends true ? readonly RequestOf<D["methods"][K]>[] : RequestOf<D["methods"][K]>
>;
type ReplyOf<D extends ServiceDefinition, K extends Methods<D>> = D["methods"][K]["responseStream"] extends true
  ? readonly ResponseOf<D["methods"][K]>[]
  : ResponseOf<D["methods"][K]>;

/** An event under its name, such as `{ CustomerCreated: { customer } }`. */
type EventOf<E extends EventTypes> = {
  [K in keyof E]: { readonly [P in K]: PartialMessage<ReturnType<E[K]["decode"]>> };
}[keyof E];

type Deletion<E extends EventTypes> = [keyof E] extends [never] ? never : "deletion";

/** What a method of a view is told, under the method's name; `null` when the source was deleted. */
type RowEventOf<D extends ServiceDefinition> =
  | { [K in keyof D["methods"]]: { readonly [P in K]: PartialMessage<RequestOf<D["methods"][K]>> } }[keyof D["methods"]]
  | null;

/**
 * What became true by one command, and all of it: without `state` and `events` the given entity is as it was, and
 * without `topics` nothing was published. Of a message the fields are compared that are named.
 */
export type Expected<R, S, E extends EventTypes> = {
  /** `undefined` when the command was ignored; of a method that gives a stream, the list of all that it gave. */
  readonly reply?: PartialMessage<R> | undefined;
  /** The state of the given entity; `undefined` when it does not exist, or no longer. */
  readonly state?: PartialMessage<S> | undefined;
  /** The events of the given entity, its deletion among them. Its state is compared only if it is named as well. */
  readonly events?: readonly (EventOf<E> | Deletion<E>)[];
  /** Messages by topic, in order; `null` for a tombstone. */
  readonly topics?: Readonly<Record<string, readonly (object | null)[]>>;
};

/** What a command comes with. */
export type CommandOptions = {
  /** As handlers read them with `context.header(name)`. */
  readonly headers?: Readonly<Record<string, string>>;
};

/** A command on what is given; it runs when it is asked what came of it. */
export type Commanded<R, S, E extends EventTypes> = {
  thenExpect(expected: Expected<R, S, E>): Promise<void>;
  /** The command is refused: nothing has changed, and nothing was published. `text` is a part of the error's. */
  thenFails(status: StatusCode, text?: string): Promise<void>;
  outcome(): Promise<UnitOutcome>;
};

/** An entity as it stands under one key. */
export type Given<D extends ServiceDefinition, S, E extends EventTypes> = {
  /** Another entity beside it, which commands may read. */
  and<S2 extends Message>(
    entity: StateEntity<ServiceDefinition, S2>,
    key: string,
    state: PartialMessage<NoInfer<S2>>,
  ): Given<D, S, E>;
  and<V extends ReplicatedData>(
    entity: ReplicatedEntity<ServiceDefinition, V>,
    key: string,
    change: (empty: V) => V,
  ): Given<D, S, E>;
  when<K extends Methods<D>>(
    method: K,
    command: Command<D, K>,
    options?: CommandOptions,
  ): Commanded<ReplyOf<D, K>, S, E>;
  when<A extends ServiceDefinition, K extends Methods<A>>(
    action: Action<A>,
    method: K,
    command: Command<A, K>,
    options?: CommandOptions,
  ): Commanded<ReplyOf<A, K>, S, E>;
};

type NoEvents = Record<never, never>;

type StateEntity<D extends ServiceDefinition, S extends Message> = ValueEntity<D, S> | ReplicatedRegister<D, S>;

/** What replicated data says of itself, such as the value of a counter. */
export type Said<V extends ReplicatedData> = {
  readonly [K in keyof V as K extends "tree" ? never : V[K] extends (...args: never[]) => unknown ? never : K]: V[K];
};

type AnswerOf<M extends MethodDefinition> = M["responseStream"] extends true
  ? readonly PartialMessage<ResponseOf<M>>[]
  : PartialMessage<ResponseOf<M>>;

/** A query on the rows that are given. */
export type Queried<M extends MethodDefinition> = {
  /** The rows of a streamed answer, in order, else the one message. */
  thenExpect(expected: AnswerOf<M>): Promise<void>;
  thenFails(status: StatusCode, text?: string): Promise<void>;
};

/** A view whose sources have told it of some keys. */
export type GivenView<D extends ServiceDefinition> = {
  and(key: string, ...events: readonly RowEventOf<D>[]): GivenView<D>;
  when<K extends Methods<D>>(query: K, request: Command<D, K>): Queried<D["methods"][K]>;
};

/** Given, when, then for the components of one application. */
export type Specification = {
  /** A state, of which the key is told as everywhere: its fields joined by "/". None: there is no such entity. */
  given<D extends ServiceDefinition, S extends Message>(
    entity: StateEntity<D, S>,
    key: string,
    state?: PartialMessage<NoInfer<S>>,
  ): Given<D, S, NoEvents>;
  given<D extends ServiceDefinition, S extends Message, E extends EventTypes>(
    entity: EventSourcedEntity<D, S, E>,
    key: string,
    ...events: readonly EventOf<NoInfer<E>>[]
  ): Given<D, S, E>;
  /** Replicated data, as it is made from empty data. Of its state what it says is compared, such as `{ value: 5n }`. */
  given<D extends ServiceDefinition, V extends ReplicatedData>(
    entity: ReplicatedEntity<D, V>,
    key: string,
    change?: (empty: V) => V,
  ): Given<D, Said<V>, NoEvents>;
  given<D extends ServiceDefinition>(
    view: View<D>,
    key: string,
    ...events: readonly RowEventOf<NoInfer<D>>[]
  ): GivenView<D>;
  /** An action that needs nothing to be there. */
  when<A extends ServiceDefinition, K extends Methods<A>>(
    action: Action<A>,
    method: K,
    command: Command<A, K>,
    options?: CommandOptions,
  ): Commanded<ReplyOf<A, K>, Message, NoEvents>;
};
