import type { CloudEvent } from "./cloud-event.ts";
import type { TextHeaders } from "./effects.ts";
import type { Lease } from "./lease.ts";

/** What a handler may know of the call it serves. */
export type CallContext = {
  /** Aborted when the caller is gone or its deadline has passed; never for a consumed record. */
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch; `undefined` when the caller set no deadline. */
  readonly deadline: number | undefined;
  readonly isCancelled: boolean;
  /** A text header of the call, or of the record. */
  header(name: string): string | undefined;
  /** All headers of the call, or of the record. Bytes, whose name ends in `-bin`, are base64. */
  readonly headers: TextHeaders;
  /** The attributes of the consumed record, or of a call that carries those of one. */
  readonly cloudEvent: CloudEvent | undefined;
  /** Milliseconds since the epoch. */
  now(): number;
};

/**
 * Why readers of the log may have another value than the one given. `unknown`: a write of this replica has an unknown
 * outcome, and may yet be what stands. `disputed`: another value stands last in the log, and has lost.
 */
export type Doubt = "unknown" | "disputed";

/** What a handler of an entity knows beside the call. */
export type EntityContext = CallContext & {
  /** The escaped key, as it is the event subject and the record key. */
  readonly key: string;
  /** The version that a change made now would get; grows with every change, never restarts. */
  readonly version: bigint;
  /** Where it is told, the handler must answer with a change, even to what the value already seems to be. */
  readonly doubt: Doubt | undefined;
  /** The lease of a register's key; `undefined` where there are none. */
  readonly lease: Lease | undefined;
};
