import type { Message } from "../codec.ts";
import type { CallContext, Doubt } from "../component/context.ts";
import type { EntityEvent } from "../component/effects.ts";
import type { ClientOrder, LeaseTerms, LeaseWish } from "../component/lease.ts";
import type { Output } from "../eventing/outgoing.ts";
import type { PendingMessage } from "../ports.ts";
import type { Timers } from "../timers.ts";
import type { ConsumedPosition } from "./applied.ts";
import type { Turns } from "./turns.ts";

/** An entity as a unit finds it. */
export type Loaded = {
  readonly version: bigint;
  /** `undefined` for an entity that does not exist, or no longer. */
  readonly state: Message | undefined;
  readonly doubt?: Doubt | undefined;
  /** Messages of earlier changes that are not known to be published. */
  readonly pending: readonly PendingMessage[];
  /** What has been applied of the consumed partition that the unit's command came from. */
  readonly applied?: readonly bigint[] | undefined;
};

export type LoadRequest = {
  readonly key: string;
  /** Of the record that may change the entity; not set for one that is only read. */
  readonly position: ConsumedPosition | undefined;
  /** Milliseconds that the command has waited for its turn. */
  readonly waitedMs?: number;
};

/** What a record of a register tells of the key's lease. */
export type LeaseMark = {
  readonly leaseMs?: number | undefined;
  /** The lease whose interval the device was told. */
  readonly toldMs?: number | undefined;
  /** Of the client's session, and its count within it. */
  readonly session?: number | undefined;
  readonly sequence?: number | undefined;
  /** Offset of the lease log that was counted up to when the lease lapsed. */
  readonly covers?: number | undefined;
};

/** The leases of a host's keys. */
export type HostLeases = {
  /** What a beat gets. */
  grant(key: string, wish: LeaseWish & ClientOrder): { readonly terms: LeaseTerms; readonly mark: LeaseMark };
  /** Counts the beat of a command that changes nothing. Throws while this replica must not answer. */
  keep(key: string, mark: LeaseMark): void;
  /** Counts the beat that came with a change: once that stands, so that what it counts as sent has its effect. */
  extend(key: string, mark: LeaseMark): void;
  /** What the record of an ended lease tells. */
  end(order: ClientOrder): LeaseMark;
  isOld(key: string, order: ClientOrder): boolean;
};

/** Why the runtime itself changes an entity. */
export type Duty = {
  readonly cause: "lapse" | "reassert";
  readonly lastBeatAt: number;
};

/** What one unit wants to become true, all or nothing. */
export type Commit = {
  readonly key: string;
  readonly partitionKey: string;
  readonly loaded: Loaded;
  readonly version: bigint;
  readonly state: Message | undefined;
  /** What led to the state, of an event-sourced entity. */
  readonly events: readonly EntityEvent[];
  readonly outputs: readonly Output[];
  readonly position: ConsumedPosition | undefined;
  readonly traceparent: string | undefined;
  readonly mark?: LeaseMark | undefined;
};

/** Another writer was faster: the command runs again, on `again` or on what the store has by then. */
export type Overtaken = { readonly kind: "overtaken"; readonly again: Loaded | undefined };

/** Keeps the entities of one type: in a store, or in memory over a log. */
export type EntityHost = {
  /** The `entity_type`. */
  readonly type: string;
  /** The topic that only changes of these entities are published to. */
  readonly logTopic?: string;
  readonly turns: Turns;
  /** What a command that was overtaken waits by; the process's own when left out. */
  readonly timers?: Timers;
  /** How long a command waits for its turn at most, and for the turn and what it loads together, about. */
  readonly waitMs?: number;
  readonly leases?: HostLeases | undefined;
  readonly emptyState: () => Message;
  /** Waits, before the turn, for what the command's sender has seen already; throws when it does not come. */
  admit?(key: string, command: Message, context: CallContext): Promise<void> | undefined;
  load(request: LoadRequest): Loaded | Promise<Loaded>;
  /** A version for a change of this entity: above its present one, and above any that may yet turn up. */
  nextVersion(key: string, current: bigint): bigint;
  /** The state as it is written again at another version; as it is when left out. */
  restated?(state: Message, version: bigint): Message;
  /** Resolves when the change is durable and certain to reach every consumer. */
  commit(commit: Commit): Promise<Overtaken | undefined>;
  /**
   * Makes changes of one entity true as one, each made from what the one before it left. Not there where every change
   * is a record of its own.
   */
  commitAll?(commits: readonly Commit[]): Promise<Overtaken | undefined>;
};

/** The consumed record was already applied to the entity it would change. */
export class AlreadyApplied extends Error {}
