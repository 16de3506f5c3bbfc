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

/** What the methods of a component look like to a caller in the same process; those that stream have no caller there. */
export type ComponentClient<D extends ServiceDefinition> = {
  readonly [K in keyof D["methods"] as D["methods"][K]["responseStream"] extends true ? never : K]: (
    command: RequestOf<D["methods"][K]>,
  ) => Promise<ResponseOf<D["methods"][K]>>;
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
