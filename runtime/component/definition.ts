import type { Message, MessageFns } from "../codec.ts";

/** A method of a service, as the generated definitions give it. */
export type MethodDefinition = {
  readonly name: string;
  readonly requestType: MessageFns;
  readonly requestStream: boolean;
  readonly responseType: MessageFns;
  readonly responseStream: boolean;
};

/** A service, as the generated definitions give it; handlers are checked against it by the compiler. */
export type ServiceDefinition = {
  readonly name: string;
  readonly fullName: string;
  readonly methods: { readonly [handler: string]: MethodDefinition };
};

type Decoded<T extends MessageFns> = ReturnType<T["decode"]>;
export type RequestOf<M extends MethodDefinition> = Decoded<M["requestType"]>;
export type ResponseOf<M extends MethodDefinition> = Decoded<M["responseType"]>;

/** Names of the methods that take one message and give one. */
export type UnaryMethodOf<D extends ServiceDefinition> = {
  [K in keyof D["methods"] & string]: D["methods"][K] extends {
    readonly requestStream: false;
    readonly responseStream: false;
  }
    ? K
    : never;
}[keyof D["methods"] & string];

/** What the unary methods of a component, or of a service elsewhere, look like to a handler. */
export type ComponentClient<D extends ServiceDefinition> = {
  readonly [K in UnaryMethodOf<D>]: (command: RequestOf<D["methods"][K]>) => Promise<ResponseOf<D["methods"][K]>>;
};

export type ComponentClients<U extends Readonly<Record<string, ServiceDefinition>>> = {
  readonly [K in keyof U]: ComponentClient<U[K]>;
};

/** A client before the compiler knows its methods. */
export type UntypedClient = Readonly<Record<string, (command: Message) => Promise<Message>>>;

/**
 * Handlers as the runtime calls them, by name. Their types were checked against the definition where they
 * were declared; this is the one place that forgets them.
 */
export const untyped = <T>(checked: unknown): T => checked as T;
