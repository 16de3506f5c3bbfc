import { fixedEnd, fixedStart, hasWildcard, reversed } from "./like.ts";
import type { Column, Operand, Operator, Predicate, Test } from "./plan.ts";

/** A test in the terms of indexes: all of the predicates, over columns of which some are computed for it. */
export type Lowered = { readonly predicates: readonly Predicate[]; readonly computed: readonly Column[] };

/**
 * Says a test in predicates that an index serves, where there are such: a pattern as a range of texts, or of texts
 * read backwards; a test of the row alone that no index serves as a column of its truth, made when the row is written.
 */
export const lowerTest = (test: Test, columns: ReadonlyMap<string, Column>): Lowered => {
  switch (test.kind) {
    case "columns":
      return lowerColumns(test, columns);
    case "elementOf":
      return computedTruth({ ...test, isNegated: false }, !test.isNegated, columns);
    case "contains":
      return test.isNegated && isLiteral(test.operand)
        ? computedTruth({ ...test, isNegated: false }, false, columns)
        : asIs(test);
    case "startsWith": {
      const prefix = literalText(test.prefix);
      if (prefix === undefined) return asIs(test);
      if (test.isNegated) return computedTruth({ ...test, isNegated: false }, false, columns);
      return asIs(prefix === "" ? isSet(test.column) : test);
    }
    case "like": {
      const pattern = literalText(test.pattern);
      if (pattern === undefined) return asIs(test);
      if (!hasWildcard(pattern)) {
        return asIs(compare(test.column, test.isNegated ? "!=" : "=", literal(pattern)));
      }
      if (test.isNegated) return computedTruth({ ...test, isNegated: false }, false, columns);
      return lowerPattern(test, pattern, columns);
    }
    default:
      return asIs(test);
  }
};

/** The column whose text is read backwards. */
export const reversedColumn = ({ path, steps }: Column): Column => ({
  path: `reversed(${path})`,
  steps,
  type: "string",
  computed: { kind: "reversed" },
});

const lowerPattern = (
  test: Test & { readonly kind: "like" },
  pattern: string,
  columns: ReadonlyMap<string, Column>,
): Lowered => {
  const [start, end] = [fixedStart(pattern), fixedEnd(pattern)];
  if (start !== "") {
    const range: Predicate = {
      kind: "startsWith",
      column: test.column,
      prefix: literal(start),
      isNegated: false,
    };
    return { predicates: pattern === `${start}%` ? [range] : [range, test], computed: [] };
  }
  const column = columns.get(test.column);
  if (/^%+$/.test(pattern) || column === undefined) return asIs(isSet(test.column));
  if (end === "") return computedTruth(test, true, columns);
  const backwards = reversedColumn(column);
  const range: Predicate = {
    kind: "startsWith",
    column: backwards.path,
    prefix: literal(reversed(end)),
    isNegated: false,
  };
  return { predicates: pattern === `%${end}` ? [range] : [range, test], computed: [backwards] };
};

/** One computed column serves a comparison and its opposite. */
const lowerColumns = (test: Test & { readonly kind: "columns" }, columns: ReadonlyMap<string, Column>): Lowered => {
  const opposite: Partial<Record<Operator, Operator>> = { "!=": "=", ">=": "<", ">": "<=" };
  const positive = opposite[test.operator];
  return positive === undefined
    ? computedTruth(test, true, columns)
    : computedTruth({ ...test, operator: positive }, false, columns);
};

const computedTruth = (test: Test, value: boolean, columns: ReadonlyMap<string, Column>): Lowered => {
  const read = columnsIn(test).flatMap((path) => columns.get(path) ?? []);
  const path = describeTest(test);
  const column: Column = { path, steps: [], type: "bool", computed: { kind: "test", test, columns: read } };
  return { predicates: [compare(path, "=", { kind: "literal", value })], computed: [column] };
};

const columnsIn = (test: Test): readonly string[] => {
  switch (test.kind) {
    case "columns":
      return [test.left, test.right];
    case "elementOf":
      return [test.column, test.list];
    default:
      return [test.column];
  }
};

/** As a query spells it, so that equal tests are one column. */
const describeTest = (test: Test): string => {
  switch (test.kind) {
    case "columns":
      return `(${test.left} ${test.operator} ${test.right})`;
    case "elementOf":
      return `(${test.column} = ANY(${test.list}))`;
    case "contains":
      return `(${describeOperand(test.operand)} = ANY(${test.column}))`;
    case "startsWith":
      return `(${test.column} STARTS_WITH ${describeOperand(test.prefix)})`;
    case "like":
      return `(${test.column} LIKE ${describeOperand(test.pattern)})`;
    default:
      throw new Error(`a test of kind ${test.kind} is served by an index of its column`);
  }
};

const describeOperand = (operand: Operand): string => {
  if (operand.kind === "parameter") return `:${operand.parameter.name}`;
  const { value } = operand;
  return typeof value === "string" ? `'${value.replaceAll("'", "''")}'` : String(value);
};

const asIs = (predicate: Predicate): Lowered => ({ predicates: [predicate], computed: [] });
const isSet = (column: string): Predicate => ({ kind: "null", column, isNull: false });
const literal = (value: string): Operand => ({ kind: "literal", value });
const compare = (column: string, operator: Operator, operand: Operand): Predicate => ({
  kind: "compare",
  column,
  operator,
  operand,
});

const isLiteral = (operand: Operand): boolean => operand.kind === "literal";
const literalText = (operand: Operand): string | undefined =>
  operand.kind === "literal" && typeof operand.value === "string" ? operand.value : undefined;
