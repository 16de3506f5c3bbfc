import type { Message } from "../codec.ts";
import { type FieldViolation, MeshError, type StatusDetail } from "../errors.ts";
import type { StatusCode } from "../status.ts";
import type { RequestOf, ResponseOf, ServiceDefinition, UnaryMethodOf } from "./definition.ts";
import type { ErrorOptions } from "./error-details.ts";
import type { SideEffect } from "./side-effect.ts";

/** Names and text values; those whose name ends in `-bin` are bytes, written as base64. */
export type TextHeaders = Readonly<Record<string, string>>;

/** What goes with an answer beside its message. */
export type AnswerOptions = {
  /** Response headers of a call. Of a published message headers of its record, where `ce_subject` is its key as well. */
  readonly headers?: TextHeaders;
  /** Response trailers of a call. */
  readonly trailers?: TextHeaders;
  /** Calls to other methods, made once the unit's change stands; dropped when the unit fails. */
  readonly sideEffects?: readonly SideEffect[];
  /** The topic that the method publishes to gets a tombstone with the key of the message; see `tombstone`. */
  readonly isTombstone?: boolean;
};

/** The message is the answer. */
export type Reply<T extends Message = Message> = {
  readonly kind: "reply";
  readonly message: T;
  readonly options?: AnswerOptions | undefined;
};
/** Another method of the same service answers; its name and its input. */
export type Forward<K extends string = string, T extends Message = Message> = {
  readonly kind: "forward";
  readonly service?: undefined;
  readonly method: K;
  readonly message: T;
  readonly options?: AnswerOptions | undefined;
};
/** A method of another component, or of a service elsewhere, answers. */
export type ForwardTo<T extends Message = Message> = {
  readonly kind: "forward";
  readonly service: ServiceDefinition;
  readonly method: string;
  readonly message: Message;
  readonly options?: AnswerOptions | undefined;
  /** For the compiler alone: what the method answers. */
  readonly answers?: T;
};
/** An expected failure, told to the caller as it is. */
export type ErrorEffect = {
  readonly kind: "error";
  readonly status: StatusCode;
  readonly text: string;
  readonly fields: readonly FieldViolation[];
  /** Messages such as those of `google.rpc`, that a caller finds in the details of the status. */
  readonly details?: readonly StatusDetail[] | undefined;
  readonly retryAfterMs?: number | undefined;
};
/** Nothing is answered and nothing published; a gRPC caller gets an empty message. */
export type Ignore = { readonly kind: "ignore" };
/** What an event-sourced entity writes down: an event by the last part of its message's name, or its deletion. */
export type EntityEvent =
  | { readonly kind: "event"; readonly name: string; readonly message: Message }
  | { readonly kind: "deletion" };

/** The entity's state changes (to nothing: it is deleted), then the answer is made from the new state. */
export type Change<S extends Message = Message, T extends Message = Message> = {
  readonly kind: "change";
  readonly state: S | undefined;
  /** What led to the state, of an event-sourced entity. */
  readonly events?: readonly EntityEvent[];
  readonly answer: (state: S) => Reply<T> | ForwardTo<T>;
};

export type Effect = Reply | Forward | ForwardTo | ErrorEffect | Ignore | Change;

/** Of a handler in code that no compiler has held to its types: taken as it is, it would be lost without a word. */
export const noEffect = (handler: string, wanted: string): MeshError =>
  new MeshError("HANDLER_FAILED", `a handler of ${handler} gave something that is no effect; it gives ${wanted}`);

/** What a streamed method may give in place of a message. Messages are plain data, so its class tells it apart. */
class Given {}

export const isEffect = (given: object): given is Reply | Forward | ForwardTo | ErrorEffect | Ignore =>
  given instanceof Given;

class ReplyEffect<T extends Message> extends Given implements Reply<T> {
  readonly kind = "reply";
  readonly message: T;
  declare readonly options?: AnswerOptions;

  constructor(message: T, options: AnswerOptions | undefined) {
    super();
    this.message = message;
    if (options !== undefined) this.options = options;
  }
}

class ForwardEffect<K extends string, T extends Message> extends Given {
  readonly kind = "forward";
  readonly method: K;
  readonly message: T;
  declare readonly options?: AnswerOptions;

  constructor(method: K, message: T, options?: AnswerOptions) {
    super();
    this.method = method;
    this.message = message;
    if (options !== undefined) this.options = options;
  }
}

class ForwardToEffect extends ForwardEffect<string, Message> {
  readonly service: ServiceDefinition;

  constructor(service: ServiceDefinition, method: string, message: Message, options?: AnswerOptions) {
    super(method, message, options);
    this.service = service;
  }
}

class FailureEffect extends Given implements ErrorEffect {
  readonly kind = "error";
  readonly status: StatusCode;
  readonly text: string;
  readonly fields: readonly FieldViolation[];
  declare readonly details?: readonly StatusDetail[];
  declare readonly retryAfterMs?: number;

  constructor(status: StatusCode, text: string, { fields = [], details, retryAfterMs }: ErrorOptions) {
    super();
    this.status = status;
    this.text = text;
    this.fields = fields;
    if (details !== undefined) this.details = details;
    if (retryAfterMs !== undefined) this.retryAfterMs = retryAfterMs;
  }
}

class IgnoreEffect extends Given implements Ignore {
  readonly kind = "ignore";
}

export const reply = <T extends Message>(message: T, options?: AnswerOptions): Reply<T> =>
  new ReplyEffect(message, options);

/**
 * The message is the answer, and the topic that the method publishes to gets a tombstone with its key: what the topic
 * says of that key is no more.
 */
export const tombstone = <T extends Message>(message: T): Reply<T> => reply(message, { isTombstone: true });

/** A method of the same service answers, in the same unit of work. */
export function forward<K extends string, T extends Message>(
  method: K,
  message: T,
  options?: AnswerOptions,
): Forward<K, T>;
/**
 * A unary method of another component answers, in the same unit of work; or one of a service elsewhere, after the unit,
 * with the caller's deadline and headers. Its status becomes the caller's.
 */
export function forward<D extends ServiceDefinition, K extends UnaryMethodOf<D>>(
  service: D,
  method: K,
  message: RequestOf<D["methods"][K]>,
  options?: AnswerOptions,
): ForwardTo<ResponseOf<D["methods"][K]>>;
export function forward(
  ...args: ConstructorParameters<typeof ForwardEffect> | ConstructorParameters<typeof ForwardToEffect>
): Forward | ForwardTo {
  return isOwn(args) ? new ForwardEffect(...args) : new ForwardToEffect(...args);
}

type Own = ConstructorParameters<typeof ForwardEffect>;

const isOwn = (args: Own | ConstructorParameters<typeof ForwardToEffect>): args is Own => typeof args[0] === "string";

/**
 * Fails the command with a gRPC status. The options name what is wrong in the request (`fields`), add messages to the
 * details of the status (`details`, see `errorDetail`), and say when to try again; a list alone is `fields`.
 */
export const error = (
  status: Exclude<StatusCode, 0>,
  text: string,
  options: ErrorOptions | readonly FieldViolation[] = {},
): ErrorEffect => new FailureEffect(status, text, isFields(options) ? { fields: options } : options);

const isFields = (options: ErrorOptions | readonly FieldViolation[]): options is readonly FieldViolation[] =>
  Array.isArray(options);

export const ignore = (): Ignore => new IgnoreEffect();

/** A state change that still needs its answer. */
export type Changing<S extends Message> = {
  readonly kind: "staged";
  readonly state: S;
  thenReply<T extends Message>(answer: (state: S) => T, options?: (state: S) => AnswerOptions): Change<S, T>;
  /**
   * Once the change stands, another method answers, in a unit of its own. The two are not one: when the second fails,
   * the change stands, and a record that was consumed is dead-lettered.
   */
  thenForward<T extends Message>(next: (state: S) => ForwardTo<T>): Change<S, T>;
};

export const updateState = <S extends Message>(state: S): Changing<S> => ({
  kind: "staged",
  state,
  thenReply: (answer, options) => ({
    kind: "change",
    state,
    answer: (next) => reply(answer(next), options?.(next)),
  }),
  thenForward: (next) => ({ kind: "change", state, answer: next }),
});

/** A change to nothing; it fits an entity of any state. */
export type Deletion<T extends Message = Message> = {
  readonly kind: "change";
  readonly state: undefined;
  readonly answer: (state: Message) => Reply<T> | ForwardTo<T>;
};

/** A deletion that still needs its answer. */
export type Deleting = {
  readonly kind: "staged";
  readonly state: undefined;
  thenReply<T extends Message>(answer: () => T, options?: () => AnswerOptions): Deletion<T>;
  /** As that of a change. */
  thenForward<T extends Message>(next: () => ForwardTo<T>): Deletion<T>;
};

/** Deletes the entity; its next command starts from the empty state, at a higher version. */
export const deleteState = (): Deleting => ({
  kind: "staged",
  state: undefined,
  thenReply: (answer, options) => ({
    kind: "change",
    state: undefined,
    answer: () => reply(answer(), options?.()),
  }),
  thenForward: (next) => ({ kind: "change", state: undefined, answer: next }),
});
