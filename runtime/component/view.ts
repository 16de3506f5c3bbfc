import type { Message } from "../codec.ts";
import type { CloudEvent } from "./cloud-event.ts";
import {
  type MethodDefinition,
  type RequestOf,
  type ResponseOf,
  type ServiceDefinition,
  untyped,
} from "./definition.ts";
import type { Changing, Deleting, ErrorEffect, Ignore } from "./effects.ts";

/** What an update handler knows of the event it is given. */
export type UpdateContext = {
  /** The key of the row. */
  readonly key: string;
  /** A text header of the record. */
  header(name: string): string | undefined;
  /** The attributes of the record. */
  readonly cloudEvent: CloudEvent;
};

/** What becomes of a row: `updateState(row)`, `deleteState()`, `ignore()`; `error(…)` gives the event up for good. */
export type RowEffect<R extends Message = Message> = Changing<R> | Deleting | Ignore | ErrorEffect;

type UpdateHandler<M extends MethodDefinition> = (
  event: RequestOf<M>,
  /** `undefined` when there is no row, or no longer. */
  row: ResponseOf<M> | undefined,
  context: UpdateContext,
) => RowEffect<ResponseOf<M>> | Promise<RowEffect<ResponseOf<M>>>;

/** A handler for each method with `transform_updates`. It may run again for one event, on the row as it is then. */
export type UpdateHandlers<D extends ServiceDefinition> = {
  readonly [K in keyof D["methods"]]?: UpdateHandler<D["methods"][K]>;
};

/** Elements of the repeated message fields of a response. */
type ElementOf<R> = { [K in keyof R]-?: R[K] extends readonly (infer E extends Message)[] ? E : never }[keyof R];

type ResultHandler<M extends MethodDefinition> = M["responseStream"] extends true
  ? (row: ResponseOf<M>) => ResponseOf<M> | undefined
  : [ElementOf<ResponseOf<M>>] extends [never]
    ? (row: ResponseOf<M>) => ResponseOf<M> | undefined
    :
        | ((row: ResponseOf<M>) => ResponseOf<M> | undefined)
        | ((row: ElementOf<ResponseOf<M>>) => ElementOf<ResponseOf<M>> | undefined);

/**
 * A handler for each query with `transform_results`. It is given each row as the query selects it, of a list each
 * element; `undefined` leaves the row out, and is NOT_FOUND where one row was asked for.
 */
export type ResultHandlers<D extends ServiceDefinition> = {
  readonly [K in keyof D["methods"]]?: ResultHandler<D["methods"][K]>;
};

export type ViewOptions<D extends ServiceDefinition> = {
  /** Part of the view's identity; raised by hand when its handlers change what they make of an event. */
  readonly revision?: number;
  readonly updates?: UpdateHandlers<D>;
  readonly results?: ResultHandlers<D>;
};

/** Handlers before the compiler knows their messages. */
export type UntypedUpdateHandler = (
  event: Message,
  row: Message | undefined,
  context: UpdateContext,
) => RowEffect | Promise<RowEffect>;
export type UntypedResultHandler = (row: Message) => Message | undefined;

export type View<D extends ServiceDefinition = ServiceDefinition> = {
  readonly kind: "view";
  readonly definition: D;
  readonly revision: number;
  readonly updates: Readonly<Record<string, UntypedUpdateHandler>>;
  readonly results: Readonly<Record<string, UntypedResultHandler>>;
};

/** A view: rows that queries find. Without options its proto file is the whole program: the event is the row. */
export const view = <D extends ServiceDefinition>(
  definition: D,
  { revision = 0, updates = {}, results = {} }: ViewOptions<D> = {},
): View<D> => ({ kind: "view", definition, revision, updates: untyped(updates), results: untyped(results) });
