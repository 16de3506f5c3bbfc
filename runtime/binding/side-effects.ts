import { setTimeout as delay } from "node:timers/promises";
import type { CallContext } from "../component/context.ts";
import type { SideEffect } from "../component/side-effect.ts";
import { runUnit } from "../entity/run-unit.ts";
import type { Unit } from "../entity/unit.ts";
import type { Log } from "../log.ts";
import type { EventBus, Reader } from "../ports.ts";
import { DetachedContext } from "./contexts.ts";
import type { Directory, Target } from "./directory.ts";

/** Calls that units ask for beside their answer. */
export type SideEffects = {
  /** To be made when the unit stands. Throws MISSING_HANDLER for a method that is not there. */
  stage(unit: Unit, effects: readonly SideEffect[], from: string): void;
  /** Waits, as long as the grace, for those that still run. */
  reader(graceMs: number): Reader;
};

/** One more than this many that nobody waits for makes its reply wait for a place. */
const atOnce = 1000;

export const createSideEffects = (directory: Directory, bus: EventBus, log: Log): SideEffects => {
  const running = new Set<Promise<void>>();

  const call = async (target: Target, { message, headers }: SideEffect, parent: CallContext): Promise<void> => {
    const context = new DetachedContext(parent, headers);
    if (target.kind === "local") await runUnit({ bus, context }, (unit) => target.method.run(unit, message));
    else {
      const options = { deadline: undefined, signal: undefined, headers: context.headers };
      await target.service.call(target.method, message, options);
    }
  };

  const perform = (target: Target, effect: SideEffect, parent: CallContext, from: string): Promise<void> =>
    call(target, effect, parent).catch((error: unknown) => {
      const method = `${effect.service.fullName}.${effect.method}`;
      log.warn({ from, method, error }, "a side effect failed; it is not tried again");
    });

  const start = (work: Promise<void>): Promise<void> | undefined => {
    const counted = work.finally(() => running.delete(counted));
    running.add(counted);
    return running.size > atOnce ? Promise.race(running) : undefined;
  };

  return {
    stage(unit, effects, from) {
      for (const effect of effects) {
        const target = directory.find(effect.service, effect.method, from);
        const { context } = unit;
        const run = (): Promise<void> => perform(target, effect, context, from);
        unit.followWith().sideEffects.push(effect.isSynchronous ? run : () => start(run()));
      }
    },
    reader: (graceMs) => ({
      async close() {
        const giveUp = new AbortController();
        const late = delay(graceMs, undefined, { signal: giveUp.signal }).catch(() => undefined);
        await Promise.race([Promise.all(running), late]);
        giveUp.abort();
      },
    }),
  };
};
