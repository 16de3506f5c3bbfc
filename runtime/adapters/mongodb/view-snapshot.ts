import type { ClientSession, FindOptions, Timestamp } from "mongodb";
import type { Message } from "../../codec.ts";
import { livingPlan } from "../../view/living-plan.ts";
import type { Plan } from "../../view/plan.ts";
import type { RowState, Snapshot } from "../../view/row-state.ts";
import type { Position, ViewTable } from "../../view/store.ts";
import { lastOrderOf } from "./change-order.ts";
import { documentCodec } from "./document.ts";
import { unescapeKey } from "./document-keys.ts";
import { guarded } from "./errors.ts";
import type { RowDocument } from "./view-document.ts";
import { planFilter, type RowFilter } from "./view-filter.ts";
import type { RowSource } from "./view-replies.ts";

/** Reads the state of a row from its document. */
export const stateReader = ({ row: type }: ViewTable): ((document: RowDocument) => RowState) => {
  const { toMessage } = documentCodec(type.schema);
  return ({ _id: key, live, row, at }) => ({
    key,
    at: new Map<string, Position>(Object.entries(at).map(([source, position]) => [unescapeKey(source), position])),
    row: live && row !== undefined ? toMessage(row) : undefined,
  });
};

const pageRows = 500;
const wholeRows: FindOptions = { projection: { live: 1, row: 1, at: 1 } };

/**
 * Rows that a majority has, each as it was at some moment after the time that `after` gives when the snapshot begins:
 * whatever changes later is for the follower to tell. In one read when they fit a page, else keys first, so that no
 * cursor waits for a slow reader.
 */
export async function* readSnapshot(
  source: RowSource,
  plan: Plan,
  request: Message,
  after: () => Timestamp,
): AsyncIterable<Snapshot> {
  const { collection, table } = source;
  const stateOf = stateReader(table);
  const living = livingPlan(plan, request);
  if (living.disjuncts.length === 0) return;
  const { filter, hint } = conditionOf(table, living, request);
  const by: FindOptions = hint === undefined ? {} : { hint };

  const read = async (from: RowFilter, options: FindOptions): Promise<Snapshot> => {
    const { documents, at } = await readAfter(source, after(), (session) =>
      guarded(() => collection.find(from, { ...options, session }).toArray()),
    );
    return { rows: documents.map(stateOf), upTo: lastOrderOf(at) };
  };

  const first = await read(filter, { ...wholeRows, ...by, limit: pageRows + 1 });
  if (first.rows.length <= pageRows) {
    yield first;
    return;
  }
  const { documents: keys } = await readAfter(source, after(), (session) =>
    guarded(() => collection.find(filter, { projection: { _id: 1 }, ...by, session }).toArray()),
  );
  for (let start = 0; start < keys.length; start += pageRows) {
    const isOfPage = { _id: { $in: keys.slice(start, start + pageRows).map(({ _id }) => _id) } };
    yield await read(isOfPage, { ...wholeRows, hint: "_id_" });
  }
}

const conditionOf = (
  table: ViewTable,
  plan: Plan,
  request: Message,
): { readonly filter: RowFilter; readonly hint: string | undefined } => {
  if (plan.disjuncts.some(({ index }) => index.length === 0)) {
    return { filter: { _id: { $gte: "" }, live: true }, hint: "_id_" };
  }
  const { filter, hint } = planFilter(table, plan);
  return { filter: filter(request), hint };
};

/** A read that waits until the majority has what happened at a time; `at` is no earlier than what was read. */
const readAfter = async <T>(
  { client }: RowSource,
  time: Timestamp,
  read: (session: ClientSession) => Promise<T>,
): Promise<{ readonly documents: T; readonly at: Timestamp }> => {
  const session = client.startSession({ causalConsistency: true });
  try {
    session.advanceOperationTime(time);
    const documents = await read(session);
    return { documents, at: session.operationTime ?? time };
  } finally {
    await session.endSession();
  }
};
