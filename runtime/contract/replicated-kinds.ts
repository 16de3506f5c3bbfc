import type { ReplicatedKind } from "./model.ts";

/** The options that say what each kind of replicated data is made of. All are required. */
export const elementOptions: Readonly<Record<ReplicatedKind, readonly string[]>> = {
  replicated_counter: [],
  replicated_register: ["value"],
  replicated_set: ["element"],
  replicated_map: ["key"],
  replicated_counter_map: ["key"],
  replicated_register_map: ["key", "value"],
  replicated_multi_map: ["key", "value"],
  replicated_vote: [],
};

/** The options by whose values things are found: equal means equal in bytes. */
export const comparedOptions: ReadonlySet<string> = new Set([
  "replicated_set.element",
  "replicated_map.key",
  "replicated_counter_map.key",
  "replicated_register_map.key",
  "replicated_multi_map.key",
  "replicated_multi_map.value",
]);

export const isReplicatedKind = (name: string): name is ReplicatedKind => Object.hasOwn(elementOptions, name);
