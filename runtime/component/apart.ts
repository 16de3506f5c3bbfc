import type { Status as RpcStatus } from "../../gen/google/rpc/status.ts";
import type { Message } from "../codec.ts";
import type { RequestOf, ResponseOf, ServiceDefinition, UnaryMethodOf } from "./definition.ts";

/** What a call of its own came to: its reply, or the status it would have failed with. */
export type Outcome<T extends Message = Message> =
  | { readonly kind: "reply"; readonly message: T }
  | { readonly kind: "error"; readonly status: RpcStatus };

/** What is there at once is given at once: most of many calls need no promise. */
type MaybePromise<T> = T | Promise<T>;

/** A service whose methods are called apart from the caller's unit of work. */
export type Apart<D extends ServiceDefinition = ServiceDefinition> = { readonly apart: D };

/**
 * Has an action call a service apart: each call is a unit of work of its own, and its failure a value. Calls run at
 * once, those with the same key in the order they were made. A unit must not call apart the entity it has the turn of.
 */
export const apart = <D extends ServiceDefinition>(definition: D): Apart<D> => ({ apart: definition });

/** What the methods of a service look like to a caller apart. */
export type ApartClient<D extends ServiceDefinition> = {
  readonly [K in UnaryMethodOf<D>]: (
    command: RequestOf<D["methods"][K]>,
  ) => MaybePromise<Outcome<ResponseOf<D["methods"][K]>>>;
};

/** Resolves with what all of them came to, in their order. */
export const allOf = async <T extends Message>(
  outcomes: readonly MaybePromise<Outcome<T>>[],
): Promise<readonly Outcome<T>[]> => (outcomes.every(isThere) ? outcomes : Promise.all(outcomes));

const isThere = <T>(outcome: MaybePromise<T>): outcome is T => !(outcome instanceof Promise);
