import type { Statement } from "better-sqlite3";
import type { Message } from "../../codec.ts";
import { MeshError } from "../../errors.ts";
import type { Plan } from "../../view/plan.ts";
import type { Page, ViewTable, Window } from "../../view/store.ts";
import { windowOf } from "../../view/window.ts";
import type { Database } from "./database.ts";
import { bindCells } from "./view-bind.ts";
import { type Cell, rowOf } from "./view-cells.ts";
import { explainText } from "./view-explain.ts";
import { quoted } from "./view-names.ts";
import { createSortedReader } from "./view-sorted.ts";
import { countSql, planSql, wholeTableSql } from "./view-sql.ts";

const pageRows = 512;

/** A plan as prepared statements. */
export type PlanReader = {
  /** No statement is open between two pages: an open one would refuse every write on the connection. */
  find(request: Message): Generator<Page>;
  /** The window of a sorted plan, at once. */
  page(request: Message): Window;
  count(request: Message): number;
  explain(request: Message): string;
};

type IdRow = [id: number, message: Buffer];
type KeyRow = [key: string, message: Buffer];

export const createPlanReader = (db: Database, table: ViewTable, plan: Plan): PlanReader => {
  // Either is prepared when it is first asked for: few plans are both read and counted.
  let finder: Finder | undefined;
  let counter: Counter | undefined;
  const finding = (): Finder => {
    finder ??= createFinder(db, table, plan);
    return finder;
  };
  const counting = (): Counter => {
    counter ??= createCounter(db, table, plan);
    return counter;
  };
  return {
    find: (request) => finding().find(request),
    page(request) {
      const { page } = finding();
      if (page === undefined) throw new MeshError("STORE_UNAVAILABLE", "only a sorted plan has pages");
      return page(request);
    },
    count: (request) => counting().count(request),
    explain: (request) =>
      [
        ...(plan.counted === "alone" ? [] : [finding().explain(request)]),
        ...(plan.counted === "never" ? [] : [counting().explain(request)]),
      ].join("\n"),
  };
};

type Counter = Pick<PlanReader, "count" | "explain">;

const createCounter = (db: Database, table: ViewTable, plan: Plan): Counter => {
  const sql = countSql(table, plan);
  const statement = db.prepare<Cell[], number>(sql.text).pluck().safeIntegers(false);
  return {
    count: (request) => statement.get(...bindCells(sql.operands, request)) ?? 0,
    explain: (request) => explainText(db, sql.text, bindCells(sql.operands, request)),
  };
};

type Finder = Pick<PlanReader, "find" | "explain"> & Partial<PlanReader>;

const createFinder = (db: Database, table: ViewTable, plan: Plan): Finder => {
  if (plan.isSorted) return createSortedReader(db, table, plan);
  return isWhole(plan) ? wholeTable(db, table, plan) : conditional(db, table, plan);
};

/** Are all rows selected? */
const isWhole = ({ disjuncts }: Plan): boolean =>
  disjuncts.some(({ equal, range, residual }) => equal.length + range.length + residual.length === 0);

const pageOf = (table: ViewTable, rows: readonly (readonly [unknown, Buffer])[]): Page => {
  let sizeAtMost = 0;
  const messages = rows.map(([, message]) => {
    sizeAtMost += message.length;
    return rowOf(table, message);
  });
  return { rows: messages, sizeAtMost };
};

/** Every live row, in the order of keys, each page from where the last one ended. */
const wholeTable = (db: Database, table: ViewTable, plan: Plan): Finder => {
  const first = db.prepare<Cell[], KeyRow>(wholeTableSql(table, ">=")).raw();
  const next = db.prepare<Cell[], KeyRow>(wholeTableSql(table, ">")).raw();
  return {
    *find(request) {
      const { offset, limit } = windowOf(plan, request);
      let left = limit;
      let rows = first.all("", Math.min(left, pageRows), offset);
      while (rows.length > 0) {
        yield pageOf(table, rows);
        left -= rows.length;
        const last = rows[rows.length - 1];
        if (last === undefined || rows.length < pageRows || left === 0) return;
        rows = next.all(last[0], Math.min(left, pageRows), 0);
      }
    },
    explain: () => explainText(db, wholeTableSql(table, ">"), ["", pageRows, 0]),
  };
};

/**
 * One statement when the rows fit a page. Else the ids of all of them are taken at the same moment, and the
 * rows read page by page; one that has changed since is tested again.
 */
const conditional = (db: Database, table: ViewTable, plan: Plan): Finder => {
  const sql = planSql(table, plan);
  const rowStatement = db.prepare<Cell[], IdRow>(sql.rows.text).raw().safeIntegers(false);
  const idStatement: Statement<Cell[], number> = db.prepare<Cell[], number>(sql.ids.text).pluck().safeIntegers(false);
  // CROSS JOIN keeps the order of the ids; NOT INDEXED leaves only the way by id.
  const pageStatement = db
    .prepare<Cell[], IdRow>(
      `SELECT row.id, row.message FROM json_each(?) AS page CROSS JOIN ${quoted(table.id)} AS row NOT INDEXED
       WHERE row.id = page.value AND live = 1 AND (${sql.condition.text})`,
    )
    .raw()
    .safeIntegers(false);

  return {
    *find(request) {
      const cells = bindCells(sql.rows.operands, request);
      const { offset, limit } = windowOf(plan, request);
      const rows = rowStatement.all(...cells, Math.min(limit, pageRows + 1), offset);
      if (rows.length <= pageRows) {
        if (rows.length > 0) yield pageOf(table, rows);
        return;
      }
      const given = new Set(rows.map(([id]) => id));
      const rest = idStatement.all(...cells, limit, offset).filter((id) => !given.has(id));
      yield pageOf(table, rows);
      const condition = bindCells(sql.condition.operands, request);
      for (let start = 0; start < rest.length; start += pageRows) {
        const ids = JSON.stringify(rest.slice(start, start + pageRows));
        const page = pageStatement.all(ids, ...condition);
        if (page.length > 0) yield pageOf(table, page);
      }
    },
    explain: (request) => explainText(db, sql.rows.text, [...bindCells(sql.rows.operands, request), pageRows, 0]),
  };
};
