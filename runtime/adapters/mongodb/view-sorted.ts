import type { ClientSession, FindCursor, FindOptions } from "mongodb";
import type { Message } from "../../codec.ts";
import { type Branch, branchesOf, type Segment } from "../../view/branches.ts";
import { indexFor } from "../../view/indexes.ts";
import { createMerge } from "../../view/merge.ts";
import { placeOf } from "../../view/page-token.ts";
import type { Disjunct, Plan } from "../../view/plan.ts";
import { comparePlaces, createPlacer, type Place } from "../../view/row-order.ts";
import type { Page, ViewLayout, Window } from "../../view/store.ts";
import { windowOf } from "../../view/window.ts";
import { columnPath, type RowDocument } from "./view-document.ts";
import { planFilter, type RowFilter } from "./view-filter.ts";
import {
  allOf,
  by,
  type Decoded,
  decode,
  explainText,
  ofOneMoment,
  type Raw,
  type ReadOptions,
  type RowSource,
  rowsOnly,
} from "./view-replies.ts";
import { segmentReader } from "./view-segment.ts";

export type SortedReader = {
  find(request: Message): AsyncIterable<Page>;
  page(request: Message): Promise<Window>;
  explain(request: Message): Promise<string>;
};

/**
 * Rows of one branch come as its index gives them. Of several, places are merged, and the rows then read by key. All
 * is read of one moment, but for pages after the first.
 */
export const createSortedReader = (
  source: RowSource<ViewLayout>,
  plan: Plan,
  { pageRows }: ReadOptions,
): SortedReader => {
  const { client, collection, table } = source;
  const paths = new Map(plan.columns.map((column) => [column.path, columnPath(column)]));
  const { filter: segmentFilter, sort } = segmentReader(plan);
  // A field that no index has: else an index alone might answer, in which what is missing is `null`.
  const projected = ["_id", "not_in_an_index", ...plan.order.map(({ column }) => paths.get(column) ?? "")];
  const places = { projection: Object.fromEntries(projected.map((path) => [path, 1])), raw: true };
  const filterOf = planFilter(table, plan).filter;
  const placeIn = createPlacer(plan.order, plan.columns);

  const cursorOf = (
    request: Message,
    disjunct: Disjunct,
    segment: Segment,
    options: FindOptions,
  ): FindCursor<RowDocument> => {
    const hint = indexFor(disjunct, table.indexes)?.name ?? "_id_";
    return collection.find(segmentFilter(segment, request), { ...by(hint), sort: new Map(sort), ...options });
  };

  /** Rows of segments, one after the other. */
  const read = async (
    request: Message,
    disjunct: Disjunct,
    segments: readonly Segment[],
    session: ClientSession,
    options: FindOptions,
    limit: number,
  ): Promise<Raw[]> => {
    const found: Raw[] = [];
    for (const segment of segments) {
      const left = limit - found.length;
      if (left === 0) break;
      for (const raw of await allOf(cursorOf(request, disjunct, segment, { ...options, session, ...limited(left) }))) {
        found.push(raw);
      }
    }
    return found;
  };

  const readPlaces = async (
    request: Message,
    after: Place | undefined,
    { limit, offset }: { readonly limit: number; readonly offset: number },
    session: ClientSession,
  ): Promise<readonly Place[]> => {
    const branches = branchesOf(plan, request, after);
    const merge = createMerge<Place>(branches.length, (a, b) => comparePlaces(plan.order, a, b));
    const ends: (Place | undefined)[] = branches.map(() => after);
    const piece = Math.min(pageRows, pieceOf(limit + offset, branches.length));
    const feed = async (i: number): Promise<void> => {
      const branch = branches[i] as Branch;
      const found = await read(request, branch.disjunct, branch.after(ends[i]), session, places, piece);
      const { page, keys } = await decode(table, found);
      const items = page.rows.map((row, at) => placeIn(row, keys[at] ?? ""));
      ends[i] = items[items.length - 1] ?? ends[i];
      merge.feed(i, items, found.length < piece);
    };
    const given: Place[] = [];
    for (let skipped = 0; given.length < limit; ) {
      for (let i = merge.starving(); i !== undefined; i = merge.starving()) await feed(i);
      const next = merge.next();
      if (next === undefined) {
        if (merge.starving() === undefined) break;
      } else if (skipped < offset) skipped += 1;
      else given.push(next);
    }
    return given;
  };

  /** Rows of these keys, in their order, as they are now; those that match no more are left out. */
  const readKeys = async (request: Message, keys: readonly string[], session?: ClientSession): Promise<Decoded> => {
    const filter: RowFilter = { $and: [{ _id: { $in: [...keys] } }, filterOf(request)] };
    const options = {
      ...rowsOnly,
      ...by("_id_"),
      batchSize: pageRows + 1,
      ...(session === undefined ? {} : { session }),
    };
    const found = await decode(table, await allOf(collection.find(filter, options)));
    const at = new Map(found.keys.map((key, i) => [key, i]));
    const present = keys.filter((key) => at.has(key));
    return {
      page: { ...found.page, rows: present.map((key) => found.page.rows[at.get(key) ?? 0] as Message) },
      keys: present,
    };
  };

  /** The first page, and the keys of what comes after it, of the same moment. */
  const readFirst = (request: Message, window: { readonly limit: number; readonly offset: number }, size: number) =>
    ofOneMoment(client, async (session): Promise<Decoded & { readonly rest: readonly string[] }> => {
      const after = placeOf(plan, request);
      const [branch, second] = branchesOf(plan, request, after);
      if (branch === undefined) return { page: { rows: [], sizeAtMost: 0 }, keys: [], rest: [] };
      if (second !== undefined) {
        const keys = (await readPlaces(request, after, window, session)).map(({ key }) => key);
        return { ...(await readKeys(request, keys.slice(0, size), session)), rest: keys.slice(size) };
      }
      const wanted = Math.min(window.limit, size + 1);
      const skip = window.offset === 0 ? {} : { skip: window.offset };
      const found = await read(request, branch.disjunct, branch.segments, session, { ...rowsOnly, ...skip }, wanted);
      const first = await decode(table, found.slice(0, size));
      if (found.length < wanted || wanted === window.limit) {
        return { ...first, rest: (await decode(table, found.slice(size))).keys };
      }
      const given = new Set(first.keys);
      const keys = (await readPlaces(request, after, window, session)).map(({ key }) => key);
      return { ...first, rest: keys.filter((key) => !given.has(key)) };
    });

  return {
    async *find(request) {
      const { limit, offset } = windowOf(plan, request);
      if (limit === 0) return;
      const { page, rest } = await readFirst(request, { limit, offset }, pageRows);
      if (page.rows.length > 0) yield page;
      for (let start = 0; start < rest.length; start += pageRows) {
        const { page: next } = await readKeys(request, rest.slice(start, start + pageRows));
        if (next.rows.length > 0) yield next;
      }
    },
    async page(request) {
      const { limit, offset } = windowOf(plan, request);
      const wanted = Math.min(limit + 1, Number.MAX_SAFE_INTEGER);
      const { page, keys, rest } = await readFirst(request, { limit: wanted, offset }, limit);
      return { ...page, keys, hasMore: rest.length > 0 };
    },
    async explain(request) {
      const segments = branchesOf(plan, request, placeOf(plan, request)).flatMap((branch) =>
        branch.segments.map((segment) => cursorOf(request, branch.disjunct, segment, { ...rowsOnly, raw: false })),
      );
      const texts: string[] = [];
      for (const cursor of segments) texts.push(await explainText(cursor));
      return texts.join("\n");
    },
  };
};

const limited = (limit: number): FindOptions => (limit === Number.MAX_SAFE_INTEGER ? {} : { limit });

const leastPiece = 16;

/** Rows to read of a branch at once: of many branches few, since most rows come of others. */
const pieceOf = (wanted: number, branches: number): number =>
  Math.min(wanted, Math.max(leastPiece, Math.ceil((2 * wanted) / branches)));
