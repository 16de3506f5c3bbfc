import type { Config } from "../../runtime/config.ts";
import { closest } from "../../runtime/view/suggest.ts";
import { BadCall } from "../bad-call.ts";

/** The parts of a mesh in the order in which they start: what a part needs stands before it. */
export const layers = [["kafka", "mongodb"], ["heartbeat-svc", "state-svc", "view-svc"], ["envoy"]] as const;

export type PartName = (typeof layers)[number][number];
export type ServiceName = (typeof layers)[1][number];
export type EngineName = Exclude<PartName, ServiceName>;

const stores: readonly PartName[] = layers[0];
const services: readonly PartName[] = layers[1];
export const partNames: readonly PartName[] = layers.flat();

/** The setting with a service's first port; what Envoy calls the service is the part's name. */
export const portKeys = {
  "heartbeat-svc": "heartbeatPort",
  "state-svc": "statePort",
  "view-svc": "viewPort",
} as const satisfies Readonly<Record<ServiceName, keyof Config>>;

export const isService = (part: PartName): part is ServiceName => services.includes(part);

/** The parts that somebody named. Throws `BadCall` for a name that is none. */
export const readParts = (names: readonly string[]): readonly PartName[] =>
  names.map((name) => {
    const part = partNames.find((known) => known === name);
    if (part !== undefined) return part;
    const near = closest(name, partNames);
    const remedy = near === undefined ? `the parts are ${partNames.join(", ")}` : `did you mean "${near}"?`;
    throw new BadCall(`there is no part "${name}"; ${remedy}`);
  });

/** What to start for the parts named, all when none is: services need engines to run on, unless they have others. */
export const withNeeds = (named: readonly PartName[], hasOwnEngines: boolean): ReadonlySet<PartName> => {
  const wanted = new Set(named.length > 0 ? named : partNames.filter((part) => !stores.includes(part)));
  const needsStores = [...wanted].some((part) => isService(part)) && !hasOwnEngines;
  return new Set([...(needsStores ? stores : []), ...wanted]);
};
