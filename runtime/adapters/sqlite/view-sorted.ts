import type { Statement } from "better-sqlite3";
import type { Message } from "../../codec.ts";
import { type Branch, branchesOf } from "../../view/branches.ts";
import { createMerge } from "../../view/merge.ts";
import { placeOf } from "../../view/page-token.ts";
import type { Plan } from "../../view/plan.ts";
import { comparePlaces, type Place } from "../../view/row-order.ts";
import type { Page, ViewTable, Window } from "../../view/store.ts";
import { windowOf } from "../../view/window.ts";
import type { Database } from "./database.ts";
import { bindCells } from "./view-bind.ts";
import { type Cell, rowOf, valueOfCell } from "./view-cells.ts";
import { explainText } from "./view-explain.ts";
import { quoted } from "./view-names.ts";
import { segmentSql } from "./view-segment-sql.ts";
import { conditionSql } from "./view-sql.ts";

const pageRows = 512;

/** A sorted plan as prepared statements: no two of them are open at once, and none between two pages. */
export type SortedReader = {
  find(request: Message): Generator<Page>;
  page(request: Message): Window;
  explain(request: Message): string;
};

type Found = { readonly id: number; readonly key: string; readonly message: Buffer };
type Placed = Place & { readonly id: number };

/**
 * Rows of one branch come as its statements give them. Of several, ids and places are merged, and the rows then read
 * by id: the engine itself would sort them in memory.
 */
export const createSortedReader = (db: Database, table: ViewTable, plan: Plan): SortedReader => {
  const statements = new Map<string, Statement<Cell[], unknown[]>>();
  const types = plan.order.map(({ column }) => plan.columns.find(({ path }) => path === column)?.type ?? "string");
  const condition = conditionSql(table, plan);
  // CROSS JOIN keeps the order of the ids; NOT INDEXED leaves only the way by id.
  const byIds = db
    .prepare<Cell[], [id: number, key: string, message: Buffer]>(
      `SELECT row.id, row.key, row.message FROM json_each(?) AS page CROSS JOIN ${quoted(table.id)} AS row NOT INDEXED
       WHERE row.id = page.value AND live = 1 AND (${condition.text})`,
    )
    .raw()
    .safeIntegers(false);

  /** The text of a statement depends on which values are NULL, and on little else, so there are few of them. */
  const run = (text: string, cells: readonly Cell[]): unknown[][] => {
    const present = statements.get(text);
    const statement = present ?? db.prepare<Cell[], unknown[]>(text).raw();
    if (present === undefined) statements.set(text, statement);
    return statement.all(...cells);
  };

  const readRows = (
    request: Message,
    { disjunct, segments }: Branch,
    limit: number,
    offset: number,
  ): readonly Found[] => {
    const rows: Found[] = [];
    for (const segment of segments) {
      const left = limit - rows.length;
      if (left === 0) break;
      const { text, cells } = segmentSql(table, plan, disjunct, segment, "rows", request);
      for (const [id, key, message] of run(text, [...cells, left, offset])) {
        rows.push({ id: Number(id), key: key as string, message: message as Buffer });
      }
    }
    return rows;
  };

  const placesOf = (
    request: Message,
    branch: Branch,
    segments: Branch["segments"],
    limit: number,
  ): readonly Placed[] => {
    const places: Placed[] = [];
    for (const segment of segments) {
      const left = limit - places.length;
      if (left === 0) break;
      const { text, cells } = segmentSql(table, plan, branch.disjunct, segment, "places", request);
      for (const [id, key, ...values] of run(text, [...cells, left, 0])) {
        const typed = values.map((value, i) => valueOfCell(value as Cell, types[i] ?? "string"));
        places.push({ id: Number(id), key: key as string, values: typed });
      }
    }
    return places;
  };

  /** Places of all branches, in order and each row once. */
  const readPlaces = (request: Message, after: Place | undefined, limit: number, offset: number): readonly Placed[] => {
    const branches = branchesOf(plan, request, after);
    const merge = createMerge<Placed>(branches.length, (a, b) => comparePlaces(plan.order, a, b));
    const ends: (Place | undefined)[] = branches.map(() => after);
    const piece = pieceOf(limit + offset, branches.length);
    const found: Placed[] = [];
    for (let skipped = 0; found.length < limit; ) {
      for (let i = merge.starving(); i !== undefined; i = merge.starving()) {
        const end = ends[i];
        const branch = branches[i] as Branch;
        const places = placesOf(request, branch, branch.after(end), piece);
        ends[i] = places[places.length - 1] ?? end;
        merge.feed(i, places, places.length < piece);
      }
      const next = merge.next();
      if (next === undefined) {
        if (merge.starving() === undefined) break;
      } else if (skipped < offset) skipped += 1;
      else found.push(next);
    }
    return found;
  };

  const rowsOf = (request: Message, ids: readonly number[]): readonly Found[] =>
    byIds
      .all(JSON.stringify(ids), ...bindCells(condition.operands, request))
      .map(([id, key, message]) => ({ id, key, message }));

  const isSingle = (branches: readonly Branch[]): branches is readonly [Branch] => branches.length === 1;

  return {
    *find(request) {
      const { offset, limit } = windowOf(plan, request);
      const after = placeOf(plan, request);
      const branches = branchesOf(plan, request, after);
      let rest: readonly number[];
      if (isSingle(branches)) {
        const rows = readRows(request, branches[0], Math.min(limit, pageRows + 1), offset);
        if (rows.length <= pageRows) {
          if (rows.length > 0) yield pageOf(table, rows);
          return;
        }
        // The ids of all of them are of the same moment: nothing else runs before the first page is given.
        const given = new Set(rows.map(({ id }) => id));
        rest = readPlaces(request, after, limit, offset)
          .map(({ id }) => id)
          .filter((id) => !given.has(id));
        yield pageOf(table, rows);
      } else rest = readPlaces(request, after, limit, offset).map(({ id }) => id);
      for (let start = 0; start < rest.length; start += pageRows) {
        const rows = rowsOf(request, rest.slice(start, start + pageRows));
        if (rows.length > 0) yield pageOf(table, rows);
      }
    },
    page(request) {
      const { offset, limit } = windowOf(plan, request);
      const branches = branchesOf(plan, request, placeOf(plan, request));
      const wanted = Math.min(limit + 1, Number.MAX_SAFE_INTEGER);
      const rows = isSingle(branches)
        ? readRows(request, branches[0], wanted, offset)
        : rowsOf(
            request,
            readPlaces(request, placeOf(plan, request), wanted, offset).map(({ id }) => id),
          );
      const given = rows.slice(0, limit);
      return { ...pageOf(table, given), keys: given.map(({ key }) => key), hasMore: rows.length > limit };
    },
    explain: (request) =>
      branchesOf(plan, request, placeOf(plan, request))
        .flatMap((branch) => branch.segments.map((segment) => ({ branch, segment })))
        .map(({ branch, segment }) => segmentSql(table, plan, branch.disjunct, segment, "rows", request))
        .map(({ text, cells }) => explainText(db, text, [...cells, pageRows, 0]))
        .join("\n"),
  };
};

const leastPiece = 16;

/** Rows to read of a branch at once: of many branches few, since most rows come of others. */
const pieceOf = (wanted: number, branches: number): number =>
  Math.min(pageRows, wanted, Math.max(leastPiece, Math.ceil((2 * wanted) / Math.max(1, branches))));

const pageOf = (table: ViewTable, rows: readonly Found[]): Page => {
  let sizeAtMost = 0;
  const messages = rows.map(({ message }) => {
    sizeAtMost += message.length;
    return rowOf(table, message);
  });
  return { rows: messages, sizeAtMost };
};
