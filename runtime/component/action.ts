import type { Message } from "../codec.ts";
import type { CallContext } from "./context.ts";
import type {
  ComponentClients,
  MethodDefinition,
  RequestOf,
  ResponseOf,
  ServiceDefinition,
  UntypedClient,
} from "./definition.ts";
import { untyped } from "./definition.ts";
import type { Effect, ErrorEffect, Forward, ForwardTo, Ignore, Reply } from "./effects.ts";

type Answer<D extends ServiceDefinition, T extends Message> =
  | Reply<T>
  | ErrorEffect
  | Ignore
  | ForwardIn<D, T>
  | ForwardTo<T>;
/** Forwards go to a method of the same service with the same response. */
type ForwardIn<D extends ServiceDefinition, T extends Message> = {
  [K in keyof D["methods"] & string]: ResponseOf<D["methods"][K]> extends T
    ? Forward<K, RequestOf<D["methods"][K]>>
    : never;
}[keyof D["methods"] & string];

type MaybePromise<T> = T | Promise<T>;

/** Messages as they are, or effects in their place: an error ends the stream, what is ignored is left out. */
type Answers<D extends ServiceDefinition, T extends Message> = AsyncIterable<T | Answer<D, T>>;

type ActionHandler<D extends ServiceDefinition, M extends MethodDefinition> = M["requestStream"] extends true
  ? M["responseStream"] extends true
    ? (commands: AsyncIterable<RequestOf<M>>) => Answers<D, ResponseOf<M>>
    : (commands: AsyncIterable<RequestOf<M>>) => MaybePromise<Answer<D, ResponseOf<M>>>
  : M["responseStream"] extends true
    ? (command: RequestOf<M>) => Answers<D, ResponseOf<M>>
    : (command: RequestOf<M>) => MaybePromise<Answer<D, ResponseOf<M>>>;

export type ActionHandlers<D extends ServiceDefinition> = {
  readonly [K in keyof D["methods"]]: ActionHandler<D, D["methods"][K]>;
};

/** A handler before the compiler knows its messages; what it gives depends on the method's shape. */
export type UntypedActionHandler = (
  command: Message | AsyncIterable<Message>,
) => MaybePromise<Effect> | AsyncIterable<Message | Effect>;

export type Action<D extends ServiceDefinition = ServiceDefinition> = {
  readonly kind: "action";
  readonly definition: D;
  readonly uses: Readonly<Record<string, ServiceDefinition>>;
  readonly create: (
    components: Readonly<Record<string, UntypedClient>>,
    context: CallContext,
  ) => Readonly<Record<string, UntypedActionHandler>>;
};

/**
 * A stateless component between callers, topics and entities. `create` is called once a unit of work, with
 * the components it uses bound to that unit; what it keeps in variables does not outlive the unit. A streamed
 * call is no single unit: each call it makes to a component is one.
 */
export const action = <D extends ServiceDefinition, U extends Readonly<Record<string, ServiceDefinition>>>(
  definition: D,
  uses: U,
  create: (components: ComponentClients<U>, context: CallContext) => ActionHandlers<D>,
): Action<D> => ({
  kind: "action",
  definition,
  uses,
  create: untyped(create),
});
