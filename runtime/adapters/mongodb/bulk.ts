import {
  type AnyBulkWriteOperation,
  type Collection,
  type Document,
  MongoBulkWriteError,
  type WriteError,
} from "mongodb";
import { guarded, isRefusedUnwritten, storeError, unsupported } from "./errors.ts";

/** What became of one write of a batch: done, or refused by the server with a code. */
export type BulkOutcome =
  | { readonly kind: "done" }
  | { readonly kind: "refused"; readonly code: number | undefined; readonly error: unknown };

const done: BulkOutcome = { kind: "done" };

/**
 * Runs writes in order, in one round trip, and says of each what became of it. One that cannot be sent at all takes
 * no other with it. Throws STORE_UNAVAILABLE when the outcome of all of them is unknown.
 */
export const runBulk = async <T extends Document>(
  collection: Collection<T>,
  writes: readonly AnyBulkWriteOperation<T>[],
): Promise<readonly BulkOutcome[]> => {
  try {
    await guarded(() => collection.bulkWrite(writes, { ordered: false }));
    return writes.map(() => done);
  } catch (error) {
    if (isRefusedUnwritten(error)) return runHalves(collection, writes, error);
    if (!(error instanceof MongoBulkWriteError) || error.writeErrors === undefined) throw error;
    const errors = new Map([error.writeErrors].flat().map((each: WriteError) => [each.index, each]));
    if (errors.size === 0) throw error;
    return writes.map((_, i) => refusalOf(errors.get(i)));
  }
};

const refusalOf = (error: WriteError | undefined): BulkOutcome => {
  if (error === undefined) return done;
  const { code, errmsg } = error;
  const cause = new Error(errmsg ?? `MongoDB refused a write with code ${code}`);
  return {
    kind: "refused",
    code,
    error: code !== undefined && tooLarge.has(code) ? unsupported("a document", cause) : storeError(cause),
  };
};

/** A document may outgrow the limit only on the server, where messages are added to it. */
const tooLarge = new Set([10334, 17419, 17420]);

const runHalves = async <T extends Document>(
  collection: Collection<T>,
  writes: readonly AnyBulkWriteOperation<T>[],
  error: unknown,
): Promise<readonly BulkOutcome[]> => {
  if (writes.length === 1) return [{ kind: "refused", code: undefined, error: unsupported("a document", error) }];
  const middle = writes.length >> 1;
  const first = await runBulk(collection, writes.slice(0, middle));
  return [...first, ...(await runBulk(collection, writes.slice(middle)))];
};
