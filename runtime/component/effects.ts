import type { Message } from "../codec.ts";
import type { FieldViolation } from "../errors.ts";
import type { StatusCode } from "../status.ts";

/** The message is the answer. */
export type Reply<T extends Message = Message> = {
  readonly kind: "reply";
  readonly message: T;
  /** Where replies are published: the key of the message is deleted there. */
  readonly isTombstone?: true;
};
/** Another method of the same service answers; its name and its input. */
export type Forward<K extends string = string, T extends Message = Message> = {
  readonly kind: "forward";
  readonly method: K;
  readonly message: T;
};
/** An expected failure, told to the caller as it is. */
export type ErrorEffect = {
  readonly kind: "error";
  readonly status: StatusCode;
  readonly text: string;
  readonly fields: readonly FieldViolation[];
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
  readonly answer: (state: S) => Reply<T>;
};

export type Effect = Reply | Forward | ErrorEffect | Ignore | Change;

export const reply = <T extends Message>(message: T): Reply<T> => ({ kind: "reply", message });

/**
 * The message is the answer, and the topic that the method publishes to gets a tombstone with its key: what the topic
 * says of that key is no more.
 */
export const tombstone = <T extends Message>(message: T): Reply<T> => ({ kind: "reply", message, isTombstone: true });

export const forward = <K extends string, T extends Message>(method: K, message: T): Forward<K, T> => ({
  kind: "forward",
  method,
  message,
});

/** Fails the command with a gRPC status. `fields` names what is wrong in the request. */
export const error = (status: StatusCode, text: string, fields: readonly FieldViolation[] = []): ErrorEffect => ({
  kind: "error",
  status,
  text,
  fields,
});

export const ignore = (): Ignore => ({ kind: "ignore" });

/** A state change that still needs its answer. */
export type Changing<S extends Message> = {
  readonly kind: "staged";
  readonly state: S;
  thenReply<T extends Message>(answer: (state: S) => T): Change<S, T>;
};

export const updateState = <S extends Message>(state: S): Changing<S> => ({
  kind: "staged",
  state,
  thenReply: (answer) => ({ kind: "change", state, answer: (next) => reply(answer(next)) }),
});

/** A change to nothing; it fits an entity of any state. */
export type Deletion<T extends Message = Message> = {
  readonly kind: "change";
  readonly state: undefined;
  readonly answer: (state: Message) => Reply<T>;
};

/** A deletion that still needs its answer. */
export type Deleting = {
  readonly kind: "staged";
  readonly state: undefined;
  thenReply<T extends Message>(answer: () => T): Deletion<T>;
};

/** Deletes the entity; its next command starts from the empty state, at a higher version. */
export const deleteState = (): Deleting => ({
  kind: "staged",
  state: undefined,
  thenReply: (answer) => ({ kind: "change", state: undefined, answer: () => reply(answer()) }),
});
