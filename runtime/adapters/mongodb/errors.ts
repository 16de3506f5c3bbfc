import {
  type Db,
  MongoBulkWriteError,
  MongoClientClosedError,
  MongoDriverError,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoServerError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
  MongoWriteConcernError,
} from "mongodb";
import { MeshError } from "../../errors.ts";

/**
 * With these a server says that it, or a majority, is not there now: host not to be reached, not primary, stepping
 * down, shutting down, interrupted, out of time, write concern not met.
 */
const unavailableCodes = new Set<unknown>([
  6, 7, 50, 64, 79, 89, 91, 100, 112, 134, 189, 202, 262, 9001, 10058, 10107, 11600, 11602, 13435, 13436,
]);

/** The driver lets some errors of a socket through as they are. */
const isSocketError = (error: unknown): boolean =>
  error instanceof Error &&
  "code" in error &&
  typeof error.code === "string" &&
  /^(E(?!RR_)|ERR_STREAM_|ERR_SOCKET_)/.test(error.code);

const isUnavailable = (error: unknown): boolean => {
  if (error instanceof MongoBulkWriteError) {
    // A lost connection comes without the error itself: with no code, or with that of the socket.
    if (typeof error.code !== "number" || error.result?.getWriteConcernError() !== undefined) return true;
  }
  return (
    isSocketError(error) ||
    error instanceof MongoNetworkError ||
    error instanceof MongoServerSelectionError ||
    error instanceof MongoNotConnectedError ||
    error instanceof MongoTopologyClosedError ||
    error instanceof MongoClientClosedError ||
    error instanceof MongoWriteConcernError ||
    (error instanceof MongoServerError && unavailableCodes.has(error.code))
  );
};

const unavailable = (reason: string, cause?: unknown): MeshError =>
  new MeshError("STORE_UNAVAILABLE", `MongoDB cannot be reached or has no majority: ${reason}`, {
    cause,
    retryAfterMs: 1000,
  });

/** A store that cannot be reached becomes STORE_UNAVAILABLE; any other error is left as it is. */
export const storeError = (error: unknown): unknown =>
  error instanceof Error && isUnavailable(error) ? unavailable(error.message, error) : error;

/** Runs an operation of any length, such as making an index; a lost store becomes STORE_UNAVAILABLE. */
export const unhurried = async <T>(operation: () => Promise<T>): Promise<T> => {
  try {
    return await operation();
  } catch (error) {
    throw storeError(error);
  }
};

/** How long a call may take, with the time it waits for others. */
export const answerWithinMs = 5000;

export const noAnswer = (): MeshError => unavailable(`no answer within ${answerWithinMs / 1000} s`);

/** Resolves when the server that takes writes answers. */
export const ping = async (db: Db): Promise<void> => {
  await guarded(() => db.command({ ping: 1 }));
};

/**
 * Runs an operation of the driver. A lost store, or one that does not answer, becomes STORE_UNAVAILABLE; a write may
 * then have happened or not.
 */
export const guarded = <T>(operation: () => Promise<T>): Promise<T> =>
  // One promise, and none to race: this stands around every query.
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(noAnswer()), answerWithinMs);
    unhurried(operation).then(
      (result) => {
        clearTimeout(timer);
        resolve(result);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });

const nestedTooDeep = 15;

/** What the driver, or the server when it parsed the request, refused before any of it was written. */
export const isRefusedUnwritten = (error: unknown): boolean => {
  if (error instanceof MongoBulkWriteError) {
    // A large batch goes in several requests, of which earlier ones may have been taken.
    const isNothingWritten = error.matchedCount === 0 && error.upsertedCount === 0;
    return error.code === nestedTooDeep && [error.writeErrors].flat().length === 0 && isNothingWritten;
  }
  return error instanceof MongoDriverError && !isUnavailable(error);
};

/** The error of a single value that was refused so. */
export const unsupported = (what: string, cause: unknown): MeshError => {
  const reason = cause instanceof Error ? cause.message.slice(0, 200) : String(cause);
  return new MeshError("UNSUPPORTED_VALUE", `${what} cannot be stored by MongoDB; make it smaller: ${reason}`, {
    cause,
  });
};
