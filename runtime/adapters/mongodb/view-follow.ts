import { setTimeout as delay } from "node:timers/promises";
import { type ChangeStream, type ChangeStreamDocument, MongoServerError, type ResumeToken, Timestamp } from "mongodb";
import type { Log } from "../../log.ts";
import type { FollowedChange, TableFollower, TableFollowing } from "../../view/row-state.ts";
import { createOrders, lastOrderOf } from "./change-order.ts";
import { guarded } from "./errors.ts";
import type { RowDocument } from "./view-document.ts";
import type { RowSource } from "./view-replies.ts";
import { readSnapshot, stateReader } from "./view-snapshot.ts";

/** With these the server says that it cannot go on from there: history lost, fatal, token or place unknown, too large. */
const lostCodes = new Set<unknown>([136, 260, 280, 286, 10334]);

const pauseMs = { first: 50, most: 2000 };

type Stream = ChangeStream<RowDocument, ChangeStreamDocument<RowDocument>>;
type Place = { readonly startAtOperationTime: Timestamp } | { readonly resumeAfter: ResumeToken };

/**
 * A change stream of a table. The driver resumes it when a server is lost; what it gives up on is resumed here, for as
 * long as it takes. History that the server no longer has is a reset.
 */
export const followTable = async (
  source: RowSource,
  { onChanges, onReset }: TableFollowing,
  log?: Log,
): Promise<TableFollower> => {
  const { collection, table } = source;
  const stateOf = stateReader(table);
  const closing = new AbortController();
  let orders = createOrders();
  let readUpTo = await operationTime(source);
  let position = lastOrderOf(readUpTo);
  let place: Place = { startAtOperationTime: justAfter(readUpTo) };
  let stream: Stream | undefined;

  const changeOf = (event: ChangeStreamDocument<RowDocument>): FollowedChange | undefined => {
    if (event.operationType === "delete") {
      return { key: event.documentKey._id, at: new Map(), row: undefined, order: orders.next(event.clusterTime) };
    }
    if (event.operationType !== "insert" && event.operationType !== "update" && event.operationType !== "replace") {
      return undefined;
    }
    const order = orders.next(event.clusterTime);
    // One that is gone by now has a delete of its own to come.
    return event.fullDocument ? { ...stateOf(event.fullDocument), order } : undefined;
  };

  const restart = async (): Promise<void> => {
    readUpTo = await operationTime(source);
    position = lastOrderOf(readUpTo);
    orders = createOrders();
    place = { startAtOperationTime: justAfter(readUpTo) };
    onReset();
  };

  /** Reads until the stream fails or the table is gone. */
  const read = async (): Promise<void> => {
    const opened: Stream = collection.watch(pipeline, { ...place, fullDocument: "updateLookup" });
    stream = opened;
    try {
      while (!closing.signal.aborted) {
        const event = await opened.next();
        if (event.operationType === "invalidate") return;
        const change = changeOf(event);
        place = { resumeAfter: opened.resumeToken };
        if (event.clusterTime !== undefined) readUpTo = event.clusterTime;
        if (change === undefined) continue;
        position = change.order;
        onChanges([change]);
      }
    } finally {
      // A quiet table has its place moved on by every empty reply.
      if (opened.resumeToken !== undefined) place = { resumeAfter: opened.resumeToken };
      await opened.close();
    }
  };

  const run = async (): Promise<void> => {
    let isLost = false;
    for (let pause = 0; !closing.signal.aborted; ) {
      try {
        if (isLost) await restart();
        isLost = false;
        await read();
        isLost = true;
        pause = 0;
      } catch (error) {
        if (closing.signal.aborted) return;
        isLost ||= isLostHistory(error);
        pause = Math.min(pause === 0 ? pauseMs.first : pause * 2, pauseMs.most);
        log?.warn({ error, table: table.id, isLost }, "a view's change stream ended; it is opened again");
        await delay(pause, undefined, { signal: closing.signal }).catch(() => {});
      }
    }
  };
  const done = run();

  return {
    epoch: "mongodb",
    position: () => position,
    snapshot: (plan, request) => readSnapshot(source, plan, request, () => readUpTo),
    async close() {
      closing.abort();
      await stream?.close();
      await done;
    },
  };
};

/** What the rows are before is of no use here; the description of an update would only be sent beside the row. */
const pipeline = [
  { $match: { operationType: { $in: ["insert", "update", "replace", "delete", "invalidate"] } } },
  { $unset: ["updateDescription"] },
];

const isLostHistory = (error: unknown): boolean => error instanceof MongoServerError && lostCodes.has(error.code);

/** What happened at a time is in every snapshot taken after it; were it the drop of the table, it would be met again. */
const justAfter = ({ t, i }: Timestamp): Timestamp => new Timestamp({ t, i: i + 1 });

/** The time of the last operation that the server knows of. */
const operationTime = async ({ collection }: RowSource): Promise<Timestamp> => {
  const reply = await guarded(() => collection.db.command({ ping: 1 }));
  const time: unknown = reply.operationTime;
  return time instanceof Timestamp ? time : Timestamp.fromBits(0, 0);
};
