import type { ServiceDefinition } from "./definition.ts";

export type View = {
  readonly kind: "view";
  readonly definition: ServiceDefinition;
  /** Part of the view's identity; raised by hand when its handlers change what they make of an event. */
  readonly revision: number;
};

/** A view whose rows are the messages of its source: its proto file is the whole program. */
export const view = (definition: ServiceDefinition, { revision = 0 } = {}): View => ({
  kind: "view",
  definition,
  revision,
});
