import type { Message, MessageFns } from "../codec.ts";
import type { LeaseProfile } from "../replicated/lease-profile.ts";
import { type RequestOf, type ServiceDefinition, untyped } from "./definition.ts";
import type { EntityHandlers, UntypedEntityHandler } from "./value-entity.ts";

type CommandOf<D extends ServiceDefinition> = RequestOf<D["methods"][keyof D["methods"]]>;

export type ReplicatedRegisterOptions<D extends ServiceDefinition, V extends Message> = {
  /** The generated type of the value. */
  readonly value: MessageFns<V>;
  /** What a register holds before its first change; by default the message with nothing set. */
  readonly emptyValue?: () => V;
  /** The compacted topic that is the register's log; by default one of the runtime's own. */
  readonly log?: string;
  /**
   * The version of the register that the caller has seen, from its command; 0n for none. A replica that has
   * not read that version yet waits for it, and answers UNAVAILABLE when it does not come.
   */
  readonly seenVersion?: (command: CommandOf<D>) => bigint;
  /**
   * The value as it is written again at another version, so that the log ends with it; for values that tell their
   * version. By default as it is.
   */
  readonly restated?: (value: V, version: bigint) => V;
  /** Has values held by beats: one that is held and not heard of any more is ended by the runtime. */
  readonly lease?: LeaseOptions<D, V>;
};

/** Which values are held by beats, and how the runtime ends them, or restores them, by the entity's own command. */
export type LeaseOptions<D extends ServiceDefinition, V extends Message> = {
  readonly profile: LeaseProfile;
  readonly isHeld: (value: V) => boolean;
  /** Name of the handler that takes `command`. */
  readonly handler: keyof D["methods"] & string;
  /** What the value's own device would send to say that it is there, or that it goes. */
  readonly command: (value: V, isHeld: boolean) => CommandOf<D>;
  /** Values that were not held for long are forgotten: their keys are as if nothing had ever been heard of them. */
  readonly forget?: ForgetOptions<V>;
};

export type ForgetOptions<V extends Message> = {
  readonly afterMs: number;
  /** When a value that is not held was heard of last, in milliseconds since the epoch. */
  readonly lastHeldAt: (value: V) => number;
};

export type RegisterLeases = {
  readonly profile: LeaseProfile;
  readonly isHeld: (value: Message) => boolean;
  readonly handler: string;
  readonly command: (value: Message, isHeld: boolean) => Message;
  readonly forget?: ForgetOptions<Message>;
};

export type ReplicatedRegister<D extends ServiceDefinition = ServiceDefinition, V extends Message = Message> = {
  readonly kind: "replicated_register";
  readonly definition: D;
  readonly value: MessageFns<V>;
  readonly emptyValue: () => Message;
  readonly log: string | undefined;
  readonly seenVersion: (command: Message) => bigint;
  readonly restated: (value: Message, version: bigint) => Message;
  readonly lease: RegisterLeases | undefined;
  readonly handlers: Readonly<Record<string, UntypedEntityHandler>>;
};

/** A last-writer-wins value a key, held in memory by every replica; the fold of its log. */
export const replicatedRegister = <D extends ServiceDefinition, V extends Message>(
  definition: D,
  options: ReplicatedRegisterOptions<D, V>,
  handlers: EntityHandlers<D, V>,
): ReplicatedRegister<D, V> => ({
  kind: "replicated_register",
  definition,
  value: options.value,
  emptyValue: options.emptyValue ?? (() => options.value.fromPartial({})),
  log: options.log,
  seenVersion: options.seenVersion === undefined ? () => 0n : untyped(options.seenVersion),
  restated: options.restated === undefined ? (value) => value : untyped(options.restated),
  lease: options.lease === undefined ? undefined : untyped(options.lease),
  handlers: untyped(handlers),
});
