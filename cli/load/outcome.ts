import { type StatusCode, statusName } from "../../runtime/status.ts";

/** How a heartbeat ended, as its sender knows it. `code` is a gRPC status, an HTTP status or the name of an error. */
export type Outcome =
  | { readonly kind: "acknowledged"; readonly version: bigint; readonly isModified: boolean }
  /** It had no effect, and will have none. */
  | { readonly kind: "refused"; readonly code: string }
  /** It may have had its effect, or may still have it. */
  | { readonly kind: "unknown"; readonly code: string; readonly isConnectionFailure: boolean };

// The other codes are not proof: ABORTED and INTERNAL may follow a write, and a connection that is closed for
// too much traffic ends the calls on it as RESOURCE_EXHAUSTED.
const refusals = new Set<string>([
  "INVALID_ARGUMENT",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "FAILED_PRECONDITION",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "UNAUTHENTICATED",
]);

/** The outcome of a call that ended with another gRPC status than OK. */
export const outcomeOfStatus = (status: StatusCode | number): Outcome => {
  const code = statusName(status);
  if (refusals.has(code)) return { kind: "refused", code };
  return { kind: "unknown", code, isConnectionFailure: code === "UNAVAILABLE" };
};

const uncertain = new Set([408, 409, 425, 429, 499]);
const gateway = new Set([502, 503, 504]);

/** The outcome of a call that was answered with another HTTP status than 200; `reason` is what its body gives for it. */
export const outcomeOfHttp = (status: number, reason?: string): Outcome => {
  const code = reason === undefined ? `HTTP ${status}` : `HTTP ${status} ${reason}`;
  if (status >= 400 && status < 500 && !uncertain.has(status)) return { kind: "refused", code };
  return { kind: "unknown", code, isConnectionFailure: gateway.has(status) };
};

/** The outcome of a call whose connection broke, or was never made. */
export const brokenConnection = (code: string): Outcome => ({ kind: "unknown", code, isConnectionFailure: true });

/** The outcome of a call that was given up at its deadline. */
export const deadlinePassed: Outcome = { kind: "unknown", code: "DEADLINE_EXCEEDED", isConnectionFailure: false };
