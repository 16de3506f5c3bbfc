import { MeshError } from "../errors.ts";
import { Status, type StatusCode } from "../status.ts";

/** Statuses that say "not now": the same record may well succeed later. */
const passing = new Set<StatusCode>([
  Status.UNAVAILABLE,
  Status.ABORTED,
  Status.DEADLINE_EXCEEDED,
  Status.RESOURCE_EXHAUSTED,
]);

/** What a service elsewhere answers that nobody there meant: its handler threw, or the call was broken off. */
const unmeant = new Set<StatusCode>([Status.INTERNAL, Status.UNKNOWN, Status.CANCELLED]);

/** A terminal failure repeats itself however often the record is tried; a transient one may pass. */
export type FailureKind = "terminal" | "transient";

/**
 * Judges what came out of handling a record. Answers and rule breaks are terminal unless their status says
 * "not now"; a thrown error is transient, since nobody meant it.
 */
export const failureKind = (error: unknown): FailureKind => {
  if (!(error instanceof MeshError)) return "transient";
  if (error.code === "HANDLER_FAILED") return "transient";
  if (error.code === "REMOTE_ERROR" && unmeant.has(error.status)) return "transient";
  return passing.has(error.status) ? "transient" : "terminal";
};

/** Whether the handler itself fails, rather than an engine that is away: only the former is given up some day. */
export const isHandlersOwn = (error: unknown): boolean =>
  !(error instanceof MeshError) ||
  error.code === "HANDLER_FAILED" ||
  error.code === "HANDLER_ERROR" ||
  (error.code === "REMOTE_ERROR" && error.status !== Status.UNAVAILABLE);
