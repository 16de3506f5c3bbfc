import type { ClientSession, FindCursor, FindOptions } from "mongodb";
import type { Message } from "../../codec.ts";
import { MeshError } from "../../errors.ts";
import type { Plan } from "../../view/plan.ts";
import type { Page, ViewLayout, Window } from "../../view/store.ts";
import { windowOf } from "../../view/window.ts";
import { guarded } from "./errors.ts";
import { countRows, explainCount, planCount } from "./view-count.ts";
import type { RowDocument } from "./view-document.ts";
import { planFilter, type RowFilter, wholeFilter } from "./view-filter.ts";
import {
  allOf,
  by,
  decode,
  explainText,
  nextReplies,
  ofOneMoment,
  type ReadOptions,
  type RowSource,
  rowsOnly,
} from "./view-replies.ts";
import { createSortedReader } from "./view-sorted.ts";

/** A plan over a collection. */
export type PlanReader = {
  find(request: Message): AsyncIterable<Page>;
  /** The window of a sorted plan, at once. */
  page(request: Message): Promise<Window>;
  count(request: Message): Promise<number>;
  explain(request: Message): Promise<string>;
};

export const createPlanReader = (source: RowSource<ViewLayout>, plan: Plan, options: ReadOptions): PlanReader => {
  const finder = createFinder(source, plan, options);
  const pipelineOf = planCount(source.table, plan);
  return {
    page: () => Promise.reject(new MeshError("STORE_UNAVAILABLE", "only a sorted plan has pages")),
    count: (request) => countRows(source.collection, pipelineOf(request)),
    ...finder,
    async explain(request) {
      const rows = plan.counted === "alone" ? [] : [await finder.explain(request)];
      const count = plan.counted === "never" ? [] : [await explainCount(source.collection, pipelineOf(request))];
      return [...rows, ...count].join("\n");
    },
  };
};

type Finder = Pick<PlanReader, "find" | "explain"> & Partial<PlanReader>;

const createFinder = (source: RowSource<ViewLayout>, plan: Plan, options: ReadOptions): Finder => {
  if (plan.isSorted) return createSortedReader(source, plan, options);
  return isWhole(plan) ? wholeTable(source, plan, options) : conditional(source, plan, options);
};

/** Are all rows selected? */
const isWhole = ({ disjuncts }: Plan): boolean =>
  disjuncts.some(({ equal, range, residual }) => equal.length + range.length + residual.length === 0);

/** Every live row, in the order of keys, each page from where the last one ended. */
const wholeTable = ({ collection, table }: RowSource<ViewLayout>, plan: Plan, { pageRows }: ReadOptions): Finder => {
  const pageFrom = (from: { $gte: string } | { $gt: string }, window: FindOptions): FindCursor<RowDocument> =>
    collection.find(wholeFilter(from), { ...rowsOnly, ...by("_id_"), sort: { _id: 1 }, ...window });
  return {
    async *find(request) {
      const { offset, limit } = windowOf(plan, request);
      let left = limit;
      for (let after: string | undefined; left > 0; ) {
        const size = Math.min(left, pageRows);
        const cursor =
          after === undefined
            ? pageFrom({ $gte: "" }, { limit: size, skip: offset })
            : pageFrom({ $gt: after }, { limit: size });
        const replies = await allOf(cursor);
        if (replies.length === 0) return;
        const { page, keys } = await decode(table, replies);
        yield page;
        if (replies.length < size) return;
        left -= replies.length;
        after = keys[keys.length - 1];
      }
    },
    explain: () => explainText(pageFrom({ $gte: "" }, { limit: pageRows, raw: false })),
  };
};

/**
 * One reply when the rows fit a page. Else the keys of all of them are read of one moment, and the rows page by page; one
 * that has changed since is tested again.
 */
const conditional = (
  { client, collection, table }: RowSource<ViewLayout>,
  plan: Plan,
  { pageRows }: ReadOptions,
): Finder => {
  const { filter: filterOf, hint } = planFilter(table, plan);
  const isPoint = readsOnePoint(plan);

  const inSession = (window: FindOptions, session: ClientSession | undefined): FindOptions => ({
    ...by(hint),
    ...window,
    ...(session === undefined ? {} : { session }),
  });
  const keysOf = async (filter: RowFilter, window: FindOptions, session: ClientSession): Promise<string[]> => {
    const options = { projection: { _id: 1 }, ...inSession(window, session), batchSize: largestBatch };
    const keys = await guarded(() => collection.find(filter, options).toArray());
    return keys.map(({ _id }) => _id);
  };
  const readFirst = async (filter: RowFilter, window: FindOptions, session: ClientSession | undefined) => {
    const cursor = collection.find(filter, { ...rowsOnly, ...inSession(window, session), batchSize: pageRows });
    try {
      const replies = await nextReplies(cursor);
      if (isAtItsEnd(cursor)) return { replies, rest: [] };
      const read = (of: ClientSession): Promise<string[]> => keysOf(filter, window, of);
      return { replies, rest: await (session === undefined ? ofOneMoment(client, read) : read(session)) };
    } finally {
      // The server forgets it in time, too: nobody waits for one that is silent.
      if (!isAtItsEnd(cursor)) void cursor.close().catch(() => undefined);
    }
  };

  return {
    async *find(request) {
      const filter = filterOf(request);
      const { limit, offset } = windowOf(plan, request);
      if (limit === 0) return;
      const window = limit === Number.MAX_SAFE_INTEGER ? { skip: offset } : { skip: offset, limit };
      const read = (session?: ClientSession) => readFirst(filter, window, session);
      const { replies, rest } = await (isPoint ? read() : ofOneMoment(client, read));
      if (replies.length === 0) return;
      const { page, keys: first } = await decode(table, replies);
      const given = new Set(first);
      const keys = rest.filter((key) => !given.has(key)).slice(0, limit - first.length);
      yield page;
      for (let start = 0; start < keys.length; start += pageRows) {
        const isOfPage = { _id: { $in: keys.slice(start, start + pageRows) } };
        const again = { ...rowsOnly, ...by("_id_"), batchSize: pageRows + 1 };
        const found = await allOf(collection.find({ $and: [isOfPage, filter] }, again));
        if (found.length > 0) yield (await decode(table, found)).page;
      }
    },
    explain: (request) =>
      explainText(collection.find(filterOf(request), { ...rowsOnly, ...by(hint), raw: false, bsonRegExp: true })),
  };
};

/**
 * Whether all rows stand at one value of one index. There a row that matches keeps its place until it matches no more,
 * so that none is missed, nor met twice, by a read that is not of one moment: a snapshot would cost and give nothing.
 */
const readsOnePoint = ({ disjuncts }: Plan): boolean =>
  disjuncts.length === 1 &&
  disjuncts.every(
    ({ equal, range }) => range.length === 0 && equal.every(({ kind }) => kind !== "in" && kind !== "inList"),
  );

const isAtItsEnd = ({ id }: FindCursor<RowDocument>): boolean => id === undefined || id.isZero();

/** The server ends a reply at 16 MiB in any case. */
const largestBatch = 1_000_000;
