import { indexFor } from "../../view/indexes.ts";
import type { ColumnType, Disjunct, Operator, Plan, Predicate } from "../../view/plan.ts";
import type { Index, ViewLayout } from "../../view/store.ts";
import type { SqlOperand } from "./view-bind.ts";
import { columnName, elementsName, entriesName, indexName, quoted } from "./view-names.ts";

/** Text with a `?` for each operand, in order. Nothing of a request or a literal is ever in the text. */
export type Sql = { readonly text: string; readonly operands: readonly SqlOperand[] };

/** A plan in SQL. */
export type PlanSql = {
  /** `id, message` of the rows; takes a limit and an offset after the operands. */
  readonly rows: Sql;
  /** `id` of the rows, in the same order; takes the same. */
  readonly ids: Sql;
  /** What must hold of a row, for one that is read again by its id; the row is called `row`. */
  readonly condition: Sql;
};

/** The SQL of a plan with a condition. Every branch names its index, so that one that is missing is an error. */
export const planSql = (table: ViewLayout, plan: Plan): PlanSql => {
  const branches = plan.disjuncts.map((disjunct) => branchesOf(table, plan, disjunct));
  const select = (what: string): Sql =>
    branches.length === 1 ? selection(what, branches.flat()) : gathered(what, table, branches.flat());
  return { rows: limited(select("id, message")), ids: limited(select("id")), condition: conditionSql(table, plan) };
};

/** Two alternatives may have a row in common. It stands once in what IN looks into; UNION would sort for that. */
const gathered = (what: string, table: ViewLayout, branches: readonly Sql[]): Sql => {
  const { text, operands } = selection("id", branches);
  return { text: `SELECT ${what} FROM ${quoted(table.id)} WHERE id IN (${text})`, operands };
};

/** What must hold of a live row called `row`, whatever finds it. */
export const conditionSql = (table: ViewLayout, plan: Plan): Sql =>
  joined(
    plan.disjuncts.map((disjunct) => disjunctSql(table, disjunct)),
    " OR ",
    (text) => `(${text})`,
  );

const disjunctSql = (table: ViewLayout, { equal, range, residual }: Disjunct, prefix = "row."): Sql =>
  all([...equal, ...range, ...residual].map(testOf(table, prefix)));

/**
 * The number of the plan's rows: of each alternative those that no earlier one has, so that none is gathered. Of many
 * long ones that text would be longer than SQLite takes, and slow to prepare: their ids are gathered.
 */
export const countSql = (table: ViewLayout, plan: Plan): Sql => {
  const { disjuncts } = plan;
  const repeated = disjuncts.map((each, i) => disjunctSql(table, each).operands.length * (disjuncts.length - 1 - i));
  if (repeated.reduce((sum, operands) => sum + operands, 0) > maxRepeated) {
    const all = disjuncts.flatMap((disjunct) => branchesOf(table, plan, disjunct));
    return gathered("count(*)", table, all);
  }
  const branches = disjuncts.flatMap((disjunct, i) => branchesOf(table, plan, disjunct, disjuncts.slice(0, i)));
  const { text, operands } = joined(branches, " + ", (branch) => `(SELECT count(*) ${branch})`);
  return { text: `SELECT ${text}`, operands };
};

/** Operands of earlier alternatives that a count may have once more, to leave their rows out. */
const maxRepeated = 200;

/** The index over keys is there in any case. */
export const storedName = (index: Index | undefined): string =>
  index === undefined || (index.parts.length === 1 && index.parts[0]?.kind === "key") ? "key" : index.name;

/** Every live row by key, from a key on (`>=`) or behind one (`>`); takes it, a limit and an offset. */
export const wholeTableSql = (table: ViewLayout, after: ">=" | ">"): string =>
  `SELECT key, message FROM ${quoted(table.id)} INDEXED BY ${indexName(table.id, "key")} WHERE live = 1 AND key ${after} ? ORDER BY key LIMIT ? OFFSET ?`;

const selection = (what: string, branches: readonly Sql[]): Sql =>
  joined(branches, " UNION ALL ", (text) => `SELECT ${what} ${text}`);

const limited = ({ text, operands }: Sql): Sql => ({ text: `${text} LIMIT ? OFFSET ?`, operands });

/** Rows of a disjunct but those of `others`, a stretch of its index each. */
const branchesOf = (
  table: ViewLayout,
  plan: Plan,
  disjunct: Disjunct,
  others: readonly Disjunct[] = [],
): readonly Sql[] => {
  const index = indexFor(disjunct, table.indexes);
  const { equal, range, residual } = disjunct;
  const source = index?.list === undefined ? plainSource(table, index) : listSource(table, index);
  const test = testOf(table, source.row);
  const enter = testOf(table, source.entry, index?.list);
  const excluded = others.map((other): Sql => {
    const { text, operands } = disjunctSql(table, other, source.row);
    return { text: `(${text}) IS NOT TRUE`, operands };
  });
  return rangesOf(range, plan, enter, source.entry).map((ranges) => {
    const { text, operands } = all([...equal.map(enter), ...ranges, ...residual.map(test), ...excluded]);
    return { text: `${source.text} AND ${text}`, operands };
  });
};

/** Where a branch reads: the text up to its tests, and what its columns are called in the index and in the row. */
type Source = { readonly text: string; readonly entry: string; readonly row: string };

export const plainSource = (table: ViewLayout, index: Index | undefined): Source => {
  const by = indexName(table.id, storedName(index));
  return { text: `FROM ${quoted(table.id)} INDEXED BY ${by} WHERE live = 1`, entry: "", row: "" };
};

/** An index over the elements of a list is a table of its own, with an entry for each element of a live row. */
const listSource = (table: ViewLayout, index: Index): Source => ({
  text: `FROM ${entriesName(table.id, index.name)} AS entry INDEXED BY ${indexName(table.id, index.name)} CROSS JOIN ${quoted(table.id)} AS row NOT INDEXED WHERE row.id = entry.row_id`,
  entry: "entry.",
  row: "row.",
});

/** The stretches of the index that a range covers: two for `!=`, else one. */
const rangesOf = (
  range: readonly Predicate[],
  plan: Plan,
  enter: (predicate: Predicate) => Sql,
  prefix: string,
): readonly (readonly Sql[])[] => {
  const [first] = range;
  if (first?.kind === "compare" && first.operator === "!=") {
    return (["<", ">"] as const).map((operator) => [enter({ ...first, operator })]);
  }
  if (first?.kind === "null") return [[notNull(first.column, plan, prefix)]];
  return [range.map(enter)];
};

/** IS NOT NULL alone would not enter an index; a bound below all values of the type does. */
export const notNull = (column: string, plan: Plan, prefix: string): Sql => {
  const type = plan.columns.find(({ path }) => path === column)?.type ?? "string";
  return { text: `${prefix}${columnName(column)} >= ${leastOf[type]}`, operands: [] };
};

const leastOf: Readonly<Record<ColumnType, string>> = {
  string: "''",
  timestamp: "''",
  enum: "''",
  bool: "0",
  integer: "-9223372036854775808",
  float: "-9e999",
  double: "-9e999",
  bytes: "x''",
};

/** The test of a predicate, whose columns have `prefix` before them; of `entered`, an entry is one element. */
export const testOf =
  (table: ViewLayout, prefix = "", entered?: string) =>
  (predicate: Predicate): Sql => {
    const name = prefix + columnName(predicate.column);
    switch (predicate.kind) {
      case "compare":
        return compare(name, predicate.operator, predicate.operand);
      case "in":
        return { text: `${name} IN (${predicate.operands.map(() => "?").join(", ")})`, operands: predicate.operands };
      case "null":
        return { text: `${name} IS ${predicate.isNull ? "" : "NOT "}NULL`, operands: [] };
      case "inList": {
        const list = `(SELECT ${elementOfJson(predicate.list.type)} FROM json_each(?))`;
        // SQLite holds that even NULL is NOT IN an empty list.
        const text = predicate.isNegated ? `${name} IS NOT NULL AND ${name} NOT IN ${list}` : `${name} IN ${list}`;
        return { text, operands: [{ kind: "list", list: predicate.list }] };
      }
      case "contains": {
        if (predicate.column === entered) return compare(name, "=", predicate.operand);
        const elements = elementsName(table.id, predicate.column);
        const exists = `EXISTS (SELECT 1 FROM ${elements} WHERE row_id = ${prefix}id AND element = ?)`;
        const text = predicate.isNegated ? `${name} IS NOT NULL AND NOT ${exists}` : exists;
        return { text, operands: [predicate.operand] };
      }
      case "like": {
        const text = `${predicate.isNegated ? "NOT " : ""}rollcall_like(?, ${name})`;
        return { text, operands: [predicate.pattern] };
      }
      case "startsWith":
      case "likeRange": {
        const operands = (["from", "to"] as const).map(
          (edge): SqlOperand => ({ kind: "edge", range: predicate, edge }),
        );
        const isNegated = predicate.kind === "startsWith" && predicate.isNegated;
        return { text: isNegated ? `NOT (${name} >= ? AND ${name} < ?)` : `${name} >= ? AND ${name} < ?`, operands };
      }
    }
  };

/** Bytes travel in hex, since JSON has none. */
const elementOfJson = (type: ColumnType): string => (type === "bytes" ? "unhex(value)" : "value");

const compare = (name: string, operator: Operator, operand: SqlOperand): Sql => ({
  text: `${name} ${operator} ?`,
  operands: [operand],
});

export const all = (tests: readonly Sql[]): Sql =>
  tests.length === 0 ? { text: "1", operands: [] } : joined(tests, " AND ");

const joined = (parts: readonly Sql[], by: string, around = (text: string): string => text): Sql => ({
  text: parts.map(({ text }) => around(text)).join(by),
  operands: parts.flatMap(({ operands }) => operands),
});
