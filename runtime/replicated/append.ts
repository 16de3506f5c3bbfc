import { MeshError } from "../errors.ts";
import type { EventBus, OutgoingRecord } from "../ports.ts";
import { type Timers, within } from "../timers.ts";

const publishTimeoutMs = 15_000;
const readBackTimeoutMs = 2000;

export type Append = {
  readonly bus: EventBus;
  readonly timers: Timers;
  readonly record: OutgoingRecord;
  /** Tells, once the record is read back, whether it counted. */
  readonly settled: Promise<boolean>;
  /** Called when the outcome stays unknown, before the error is thrown. */
  readonly onUnknown: () => void;
};

/**
 * Appends a record, and tells whether it counted when it came back as part of the log. Throws OUTCOME_UNKNOWN when
 * that does not come in time.
 */
export const appendAndReadBack = async ({ bus, timers, record, settled, onUnknown }: Append): Promise<boolean> => {
  const published = bus.publish([record]).then(
    () => "published" as const,
    (error: unknown) => ({ error }),
  );
  const first = await within(timers, publishTimeoutMs, Promise.race([settled, published]));
  if (typeof first === "boolean") return first;
  // A record whose answer was lost may have been read back all the same.
  const hasCounted = await within(timers, first === "published" ? readBackTimeoutMs : 0, settled);
  if (hasCounted !== undefined) return hasCounted;
  const cause = typeof first === "object" ? first.error : undefined;
  if (cause instanceof MeshError && cause.code === "INVALID_RECORD") throw cause;
  onUnknown();
  const text = `the change of "${record.key}" may or may not have been written; try again`;
  throw new MeshError("OUTCOME_UNKNOWN", text, { cause, retryAfterMs: 100 });
};
