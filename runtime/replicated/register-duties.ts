import type { Message } from "../codec.ts";
import type { Duty, EntityHost } from "../entity/host.ts";
import { keyOf } from "../entity/key.ts";
import { ownContext } from "../entity/own-context.ts";
import { runUnit } from "../entity/run-unit.ts";
import type { EntityMethod, Unit } from "../entity/unit.ts";
import type { EventBus } from "../ports.ts";
import type { LeaseEffect } from "./lease-protocol.ts";
import type { Entry } from "./register.ts";

/** What the runtime must know of a register's values to end and to restore leases. */
export type Duties = {
  readonly isHeld: (value: Message) => boolean;
  /** The command by which the value's own device would say that it is there, or not. */
  readonly command: (value: Message, isHeld: boolean) => Message;
  readonly handler: EntityMethod["handler"];
  readonly keyFields: readonly string[];
  readonly forget?: { readonly afterMs: number; readonly lastHeldAt: (value: Message) => number } | undefined;
};

export type RegisterKeeper = {
  readonly host: EntityHost;
  readonly entryOf: (key: string) => Entry;
  readonly isBusy: (key: string) => boolean;
  readonly restate: (key: string) => Promise<void>;
  /** Ends what the log says of the key, if it still has this version. */
  readonly forget: (key: string, version: bigint) => Promise<void>;
  /** Keys that the log has ended leave memory after a while. */
  readonly dropForgotten: (now: number) => void;
};

/** Does what the protocol wants of a key: as an ordinary command, if nothing has come in between. */
export const performDuty = async (
  duties: Duties,
  keeper: RegisterKeeper,
  bus: EventBus,
  now: number,
  effect: Exclude<LeaseEffect, { kind: "append" }>,
): Promise<void> => {
  const { version, value } = keeper.entryOf(effect.key);
  if (effect.kind === "restate") {
    if (value === undefined || !isForgotten(duties, value, now)) return keeper.restate(effect.key);
    return keeper.forget(effect.key, version);
  }
  const isHeld = effect.kind === "reassert";
  if (value === undefined || duties.isHeld(value) === isHeld) return;
  const mark = effect.kind === "lapse" ? { covers: effect.covers } : undefined;
  const duty: Duty = { cause: effect.kind, lastBeatAt: effect.lastBeatAt };
  const command = duties.command(value, isHeld);
  const { handler, keyFields } = duties;
  await runUnit({ bus, context: ownContext(() => now) }, async (unit: Unit) => {
    const turn = unit.turn ?? (await unit.enter(keeper.host, keyOf(command, keyFields), command));
    // Somebody was faster: whatever is to be done now, the next tick says.
    if (turn.loaded.version !== version) return undefined;
    turn.duty = duty;
    turn.mark = mark;
    await unit.command({ host: keeper.host, handler, keyFields }, command);
    return undefined;
  });
};

const isForgotten = ({ forget, isHeld }: Duties, value: Message, now: number): boolean =>
  forget !== undefined && !isHeld(value) && forget.lastHeldAt(value) + forget.afterMs <= now;
