import type { CleanupPolicy } from "../ports.ts";
import type { Action } from "./action.ts";
import type { EventSourcedEntity } from "./event-sourced-entity.ts";
import type { ReplicatedEntity } from "./replicated-entity.ts";
import type { ReplicatedRegister } from "./replicated-register.ts";
import type { ValueEntity } from "./value-entity.ts";
import type { View } from "./view.ts";

export type Component = Action | ValueEntity | EventSourcedEntity | ReplicatedRegister | ReplicatedEntity | View;

/** What one process serves: its contract and its components. */
export type Application = {
  readonly name: string;
  /** The descriptor set with the annotated services, as `buf build` makes it. */
  readonly descriptors: Uint8Array;
  /** What reflection lists: the services of this application, or those of the whole descriptor set. */
  readonly reflects?: "own" | "all";
  readonly components: readonly Component[];
  /** Cleanup policy of the topics this application depends on; a topic not named here is taken as it is. */
  readonly topics?: Readonly<Record<string, CleanupPolicy>>;
  /**
   * Types of entities whose changes are published although no service of the descriptor set consumes them: a service
   * elsewhere does.
   */
  readonly publishesChangesOf?: readonly string[];
  /** Type names of foreign producers, and the message of ours that they mean. */
  readonly accepts?: Readonly<Record<string, string>>;
};
