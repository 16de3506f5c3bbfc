import { indexFor } from "../../view/indexes.ts";
import type { ColumnType, Disjunct, Operand, Operator, Plan, Predicate } from "../../view/plan.ts";
import type { ViewTable } from "../../view/store.ts";
import { columnName, indexName, quoted } from "./view-names.ts";

/** Text with a `?` for each operand, in order. Nothing of a request or a literal is ever in the text. */
export type Sql = { readonly text: string; readonly operands: readonly Operand[] };

/** A plan in SQL. */
export type PlanSql = {
  /** `id, message` of the rows; takes a limit and an offset after the operands. */
  readonly rows: Sql;
  /** `id` of the rows, in the same order; takes the same. */
  readonly ids: Sql;
  /** What must hold of a row, for one that is read again by its id. */
  readonly condition: Sql;
};

/** The SQL of a plan with a condition. Every branch names its index, so that one that is missing is an error. */
export const planSql = (table: ViewTable, plan: Plan): PlanSql => {
  const branches = plan.disjuncts.map((disjunct) => branchesOf(table, plan, disjunct));
  const condition = joined(
    plan.disjuncts.map(({ equal, range, residual }) => all([...equal, ...range, ...residual].map(test))),
    " OR ",
    (text) => `(${text})`,
  );
  const ids = selection("id", branches);
  const [only] = branches;
  if (branches.length === 1 && only !== undefined)
    return { rows: limited(selection("id, message", branches)), ids: limited(ids), condition };
  const text = `SELECT id, message FROM ${quoted(table.id)} WHERE id IN (${ids.text})`;
  return { rows: limited({ text, operands: ids.operands }), ids: limited(ids), condition };
};

/** Branches of one disjunct have no row in common; those of two may, and UNION gives it once. */
const selection = (what: string, disjuncts: readonly (readonly Sql[])[]): Sql =>
  joined(disjuncts.flat(), disjuncts.length > 1 ? " UNION " : " UNION ALL ", (text) => `SELECT ${what} ${text}`);

const limited = ({ text, operands }: Sql): Sql => ({ text: `${text} LIMIT ? OFFSET ?`, operands });

const branchesOf = (table: ViewTable, plan: Plan, disjunct: Disjunct): readonly Sql[] => {
  const index = indexFor(disjunct, table.indexes);
  const by = index === undefined ? "" : ` INDEXED BY ${indexName(table.id, index.name)}`;
  const { equal, range, residual } = disjunct;
  return rangesOf(range, plan).map((ranges) => {
    const { text, operands } = all([...equal.map(test), ...ranges, ...residual.map(test)]);
    return { text: `FROM ${quoted(table.id)}${by} WHERE live = 1 AND ${text}`, operands };
  });
};

/** The stretches of the index that a range covers: two for `!=`, else one. */
const rangesOf = (range: readonly Predicate[], plan: Plan): readonly (readonly Sql[])[] => {
  const [first] = range;
  if (first?.kind === "compare" && first.operator === "!=") {
    return (["<", ">"] as const).map((operator) => [compare(first.column, operator, first.operand)]);
  }
  if (first?.kind === "null") return [[notNull(first.column, plan)]];
  return [range.map(test)];
};

/** IS NOT NULL alone would not enter an index; a bound below all values of the type does. */
const notNull = (column: string, plan: Plan): Sql => {
  const type = plan.columns.find(({ path }) => path === column)?.type ?? "string";
  return { text: `${columnName(column)} >= ${leastOf[type]}`, operands: [] };
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

const test = (predicate: Predicate): Sql => {
  const { column } = predicate;
  switch (predicate.kind) {
    case "compare":
      return compare(column, predicate.operator, predicate.operand);
    case "in":
      return {
        text: `${columnName(column)} IN (${predicate.operands.map(() => "?").join(", ")})`,
        operands: predicate.operands,
      };
    case "null":
      return { text: `${columnName(column)} IS ${predicate.isNull ? "" : "NOT "}NULL`, operands: [] };
  }
};

const compare = (column: string, operator: Operator, operand: Operand): Sql => ({
  text: `${columnName(column)} ${operator} ?`,
  operands: [operand],
});

const all = (tests: readonly Sql[]): Sql => joined(tests, " AND ");

const joined = (parts: readonly Sql[], by: string, around = (text: string): string => text): Sql => ({
  text: parts.map(({ text }) => around(text)).join(by),
  operands: parts.flatMap(({ operands }) => operands),
});
