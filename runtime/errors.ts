import { Status, type StatusCode, statusName } from "./status.ts";

/**
 * Every stable error code, with the gRPC status it leaves as and what it means.
 * docs/errors.md is generated from this table.
 */
export const errorTable = {
  INVALID_KEY: [Status.INVALID_ARGUMENT, "A key field is empty, too long, or holds what no key may hold."],
  INVALID_FIELD: [Status.INVALID_ARGUMENT, "A field of the request breaks a rule of the service."],
  MALFORMED_REQUEST: [Status.INVALID_ARGUMENT, "The request bytes are not the message they should be."],
  HANDLER_ERROR: [Status.UNKNOWN, "A handler answered with an error effect; status and text are its own."],
  HANDLER_FAILED: [Status.INTERNAL, "A handler threw. The log has the error under the id in the text."],
  REMOTE_ERROR: [Status.UNKNOWN, "A service elsewhere answered with an error; status, text and details are its own."],
  FORWARD_FAILED: [Status.INTERNAL, "A consumed record changed its entity; what that is followed by has failed."],
  FORWARD_MISPLACED: [
    Status.INTERNAL,
    "What answers after a unit of work was called inside one; forward to it instead.",
  ],
  SECOND_CHANGE: [Status.INTERNAL, "One unit of work tried to change two entities."],
  CONFLICT: [Status.ABORTED, "Other writers kept changing the entity; try again."],
  KEY_BUSY: [Status.UNAVAILABLE, "Earlier commands of the same entity take too long; try again."],
  OUTPUT_MISMATCH: [Status.INTERNAL, "What a unit publishes to a register's log is not the register's new value."],
  ENTITY_TOO_LARGE: [Status.RESOURCE_EXHAUSTED, "Replicated data is larger than a record of its log may be."],
  NOT_CAUGHT_UP: [Status.UNAVAILABLE, "This replica has not read the log up to what the caller has seen."],
  FENCED: [Status.UNAVAILABLE, "This replica is cut off from the others, or stopping; another one answers."],
  OUTCOME_UNKNOWN: [Status.UNAVAILABLE, "A write may or may not have happened; the retry settles it."],
  SHUTTING_DOWN: [Status.UNAVAILABLE, "The server is stopping; another replica answers."],
  TOO_MANY_CALLS: [Status.RESOURCE_EXHAUSTED, "The server has as many calls in flight as it may have."],
  BUS_UNAVAILABLE: [Status.UNAVAILABLE, "The event log cannot be reached."],
  STORE_UNAVAILABLE: [Status.UNAVAILABLE, "The store cannot be reached."],
  INVALID_RECORD: [Status.INTERNAL, "A record breaks a rule of its topic, such as a missing key."],
  TOPIC_MISMATCH: [Status.FAILED_PRECONDITION, "A topic exists with settings the service cannot work with."],
  TOPIC_RECREATED: [Status.FAILED_PRECONDITION, "A consumed position lies beyond the end of its topic."],
  JOURNAL_UNREADABLE: [Status.INTERNAL, "A journal has an event that the entity does not declare any more."],
  DATA_IN_USE: [Status.FAILED_PRECONDITION, "Another process has the data folder open."],
  PORT_IN_USE: [Status.FAILED_PRECONDITION, "Another process listens on the port."],
  INVALID_CONFIG: [Status.FAILED_PRECONDITION, "Variables of the environment are missing or malformed."],
  INVALID_CONTRACT: [Status.FAILED_PRECONDITION, "The annotated protos or the queries in them have mistakes."],
  MISSING_HANDLER: [Status.FAILED_PRECONDITION, "A declared method has no handler, or a handler no method."],
  ROW_NOT_FOUND: [Status.NOT_FOUND, "A query for one row found none."],
  SEVERAL_ROWS: [Status.FAILED_PRECONDITION, "A query for one row found several."],
  RESULT_TOO_LARGE: [Status.RESOURCE_EXHAUSTED, "A list result is larger than one message may be."],
  VIEW_NOT_REBUILDABLE: [
    Status.FAILED_PRECONDITION,
    "A changed view needs its rows anew, and a topic that feeds it does not hold all messages any more.",
  ],
  VIEW_NOT_READY: [Status.UNAVAILABLE, "Rows or indexes that the query needs are still being made; try again."],
  MISSING_PARAMETER: [Status.INVALID_ARGUMENT, "A query parameter is not set in the request."],
  INVALID_PAGE_TOKEN: [
    Status.INVALID_ARGUMENT,
    "A page token of another query or of other parameters, or a damaged one.",
  ],
  INVALID_RESUME_TOKEN: [Status.INVALID_ARGUMENT, "A resume_token is no token, or one of another query or request."],
  UNSUPPORTED_VALUE: [
    Status.INVALID_ARGUMENT,
    "A value that the store cannot hold, such as NUL in a string, or NaN in a column that a query compares.",
  ],
} as const satisfies Record<string, readonly [StatusCode, string]>;

export type ErrorCode = keyof typeof errorTable;

/** What is wrong with one field of a request. `field` is a path such as `profile.attr1`. */
export type FieldViolation = { readonly field: string; readonly description: string };

export type MeshErrorOptions = {
  /** In place of the status of the table. */
  readonly status?: StatusCode;
  readonly cause?: unknown;
  readonly fields?: readonly FieldViolation[];
  /** How long a caller should wait before it tries again. */
  readonly retryAfterMs?: number;
  /** Further messages in the details of the status. */
  readonly details?: readonly StatusDetail[] | undefined;
  /** The details are those of another service, and are told as they are. */
  readonly isPassedOn?: boolean;
  /** Trailers of the call that fails, beside the details. */
  readonly trailers?: Readonly<Record<string, string>> | undefined;
};

/** A message as `google.protobuf.Any` holds it. */
export type StatusDetail = { readonly type_url: string; readonly value: Uint8Array };

/** The one error of the runtime: a stable code, a gRPC status, and a sentence with the remedy. */
export class MeshError extends Error {
  readonly code: ErrorCode;
  readonly status: StatusCode;
  /** The message without the code in front. */
  readonly text: string;
  readonly fields: readonly FieldViolation[];
  readonly retryAfterMs: number | undefined;
  readonly details: readonly StatusDetail[];
  readonly isPassedOn: boolean;
  readonly trailers: Readonly<Record<string, string>>;

  constructor(code: ErrorCode, text: string, options: MeshErrorOptions = {}) {
    super(`[${code}] ${text}`, { cause: options.cause });
    this.name = "MeshError";
    this.code = code;
    this.status = options.status ?? errorTable[code][0];
    this.text = text;
    this.fields = options.fields ?? [];
    this.retryAfterMs = options.retryAfterMs;
    this.details = options.details ?? [];
    this.isPassedOn = options.isPassedOn ?? false;
    this.trailers = options.trailers ?? {};
  }

  get statusName(): string {
    return statusName(this.status);
  }
}
