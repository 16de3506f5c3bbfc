export type EngineErrorCode =
  | "MISSING_TOOL"
  | "NO_BINARY"
  | "DOWNLOAD_FAILED"
  | "CHECKSUM_MISMATCH"
  | "INVALID_FILE"
  | "PORT_IN_USE"
  | "START_FAILED";

/** An engine could not be installed or started. The message is a sentence with the remedy, fit to be shown alone. */
export class EngineError extends Error {
  readonly code: EngineErrorCode;

  constructor(code: EngineErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.name = "EngineError";
    this.code = code;
  }
}
