import type { Message } from "../codec.ts";
import type { Output } from "../eventing/outgoing.ts";
import type { AppliedPosition } from "../ports.ts";
import type { Turns } from "./turns.ts";

/** An entity as a turn finds it. */
export type Loaded = {
  readonly version: bigint;
  /** `undefined` for an entity that does not exist, or no longer. */
  readonly state: Message | undefined;
  /** See `EntityContext.isInDoubt`. */
  readonly isInDoubt: boolean;
};

export type LoadRequest = {
  readonly key: string;
  readonly command: Message;
  readonly position: AppliedPosition | undefined;
  /** Loaded for its turn, not only to be read: what is left from an earlier turn is settled first. */
  readonly hasTurn: boolean;
  readonly deadline: number | undefined;
};

/** What one unit wants to become true, all or nothing. */
export type Commit = {
  readonly key: string;
  readonly partitionKey: string;
  readonly loaded: Loaded;
  readonly version: bigint;
  readonly state: Message | undefined;
  readonly outputs: readonly Output[];
  readonly position: AppliedPosition | undefined;
  readonly traceparent: string | undefined;
};

/** Another writer was faster: the unit runs again, on what the store has or on `basis`. */
export type Overtaken = { readonly kind: "overtaken"; readonly basis: Loaded | undefined };

/** Keeps the entities of one type: in a store, or in memory over a log. */
export type EntityHost = {
  /** The `entity_type`. */
  readonly type: string;
  readonly turns: Turns;
  readonly emptyState: () => Message;
  load(request: LoadRequest): Loaded | Promise<Loaded>;
  /** The version a change of this entity would get. */
  nextVersion(current: bigint): bigint;
  /** Resolves when the change is durable and certain to reach every consumer. */
  commit(commit: Commit): Promise<Overtaken | undefined>;
};

/** The consumed record was already applied to the entity it would change. */
export class AlreadyApplied extends Error {}
