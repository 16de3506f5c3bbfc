import type { Message, MessageFns } from "../codec.ts";
import type { AnswerOptions, ForwardTo, Reply } from "./effects.ts";
import { reply } from "./effects.ts";

/** The events of an entity: their generated types by the last part of each message's name. */
export type EventTypes = { readonly [name: string]: MessageFns };

/** One event under its name, such as `{ CustomerCreated: { customer } }`. */
export type EventOf<E extends EventTypes> = {
  [K in keyof E]: { readonly [P in K]: ReturnType<E[K]["decode"]> };
}[keyof E];

/** Events happened, in this order; then, if asked for, the entity is deleted; then the answer is made. */
export type Emit<V = object, S = Message, T extends Message = Message> = {
  readonly kind: "emit";
  readonly events: readonly V[];
  readonly deletes: boolean;
  readonly answer: (state: S) => Reply<T> | ForwardTo<T>;
};

/** Events that still need their answer; it is made from the state they lead to. */
export type Emitting<V> = {
  readonly thenReply: <S, T extends Message>(
    answer: (state: S) => T,
    options?: (state: S) => AnswerOptions,
  ) => Emit<V, S, T>;
  /** As that of `updateState`. */
  readonly thenForward: <S, T extends Message>(next: (state: S) => ForwardTo<T>) => Emit<V, S, T>;
  /** The entity is deleted after the events; the answer is made from the empty state. */
  readonly deleteEntity: () => Answered<V>;
};

type Answered<V> = Pick<Emitting<V>, "thenReply" | "thenForward">;

const emitting = <V>(events: readonly V[], deletes: boolean): Emitting<V> => ({
  thenReply: (answer, options) => ({
    kind: "emit",
    events,
    deletes,
    answer: (state) => reply(answer(state), options?.(state)),
  }),
  thenForward: (next) => ({ kind: "emit", events, deletes, answer: next }),
  deleteEntity: () => emitting(events, true),
});

/** Writes events into the entity's journal. Each is named by its key; see `EventTypes`. */
export const emitEvents = <V extends object>(...events: readonly V[]): Emitting<V> => emitting(events, false);

/** Deletes an event-sourced entity: its next command starts from the empty state, at a higher version. */
export const deleteEntity = (): Answered<never> => emitting<never>([], true);
