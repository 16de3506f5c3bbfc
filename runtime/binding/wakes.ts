import type { Wake } from "../component/wake.ts";
import { keyParts } from "../entity/key.ts";
import { ownContext } from "../entity/own-context.ts";
import { runUnit } from "../entity/run-unit.ts";
import type { Waker } from "../entity/waker.ts";
import { MeshError } from "../errors.ts";
import type { EventBus, Reader } from "../ports.ts";
import type { BoundService } from "./method.ts";

/** A type of entities that ask to be woken, with the method that does it. */
export type BoundWake = { start(): Reader };

/** Throws MISSING_HANDLER where the application has no such method. */
export const bindWake = (
  { service, handler, command }: Wake,
  waker: Waker,
  services: ReadonlyMap<string, BoundService>,
  { bus, now }: { readonly bus: EventBus; readonly now: () => number },
): BoundWake => {
  const method = services.get(service.fullName)?.get(handler);
  if (method === undefined) {
    throw new MeshError(
      "MISSING_HANDLER",
      `an entity is to be woken by "${handler}" of ${service.fullName}, which is no method of this application; add the action to its components`,
    );
  }
  const wake = (key: string) =>
    runUnit({ bus, context: ownContext(now) }, (unit) => method.run(unit, command(...keyParts(key))));
  return { start: () => waker.start(wake) };
};
