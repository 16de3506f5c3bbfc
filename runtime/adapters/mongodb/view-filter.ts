import type { Filter } from "mongodb";
import type { Message } from "../../codec.ts";
import { indexFor } from "../../view/indexes.ts";
import { listValues, operandValue } from "../../view/parameters.ts";
import type { Operand, Operator, Plan, Predicate, Value } from "../../view/plan.ts";
import type { ViewLayout } from "../../view/store.ts";
import { textRange } from "../../view/text-range.ts";
import { integerBson } from "./document-values.ts";
import { likeRegex } from "./like-regex.ts";
import { columnPath, type RowDocument } from "./view-document.ts";

export type RowFilter = Filter<RowDocument>;

/** A plan in MongoDB's terms. */
export type PlanFilter = {
  /** Throws MISSING_PARAMETER and UNSUPPORTED_VALUE. */
  readonly filter: (request: Message) => RowFilter;
  /** The index of the only alternative; of several, each finds its own. */
  readonly hint: string | undefined;
};

/** The filter of every live row, by key from some key on. */
export const wholeFilter = (from: { readonly $gte: string } | { readonly $gt: string }): RowFilter => ({
  _id: from,
  live: true,
});

/** The filter of a plan with a condition: rows for which any alternative holds, each once. */
export const planFilter = (table: ViewLayout, plan: Plan): PlanFilter => {
  const paths = new Map(plan.columns.map((column) => [column.path, columnPath(column)]));
  const alternatives = plan.disjuncts.map(({ equal, range, residual }) => [...equal, ...range, ...residual]);
  const [only] = plan.disjuncts;
  return {
    hint: only !== undefined && plan.disjuncts.length === 1 ? indexFor(only, table.indexes)?.name : undefined,
    filter(request) {
      const filters = alternatives.map((tests) =>
        conjunction(tests.map((test) => [paths.get(test.column) ?? "", condition(test, request)])),
      );
      // An `$or` at the root is planned alternative by alternative.
      return filters.length === 1 ? (filters[0] as RowFilter) : { $or: filters };
    },
  };
};

/** Of live rows those that pass all tests; several of one path need an AND of their own, which takes longer to read. */
const conjunction = (tests: readonly (readonly [path: string, test: object])[]): RowFilter => {
  const flat: Record<string, unknown> = { live: true };
  for (const [path, test] of tests) flat[path] = test;
  if (Object.keys(flat).length === tests.length + 1) return flat;
  return { $and: [{ live: true }, ...tests.map(([path, test]): RowFilter => ({ [path]: test }))] };
};

/**
 * A value always stands under an operator, where nothing in it is taken for one. A field that is missing is NULL,
 * and so is `null`; comparisons with a value are true of neither, but for `$ne`.
 */
export const condition = (predicate: Predicate, request: Message): object => {
  const worth = (operand: Operand): unknown => bsonOf(operandValue(operand, request));
  switch (predicate.kind) {
    case "null":
      return predicate.isNull ? { $eq: null } : { $ne: null };
    case "in":
      return { $in: predicate.operands.map(worth).filter((value) => value !== undefined) };
    case "inList": {
      const values = listValues(predicate.list, request).map(bsonOf);
      return predicate.isNegated ? { $nin: [...values, null] } : { $in: values };
    }
    case "compare":
      return comparison(predicate.operator, worth(predicate.operand));
    case "contains":
      return comparison(predicate.isNegated ? "!=" : "=", worth(predicate.operand));
    case "like": {
      const regex = likeRegex(String(operandValue(predicate.pattern, request)));
      return predicate.isNegated ? { $not: regex, $ne: null } : { $regex: regex };
    }
    case "startsWith":
    case "likeRange": {
      const range = textRange(predicate, request);
      if (range === undefined) return { $in: [] };
      const bounds = { $gte: range.from, ...(range.to === undefined ? {} : { $lt: range.to }) };
      return predicate.kind === "startsWith" && predicate.isNegated ? { $not: bounds, $ne: null } : bounds;
    }
  }
};

const comparison = (operator: Operator, value: unknown): object => {
  switch (operator) {
    case "=":
      return { $eq: value };
    case "!=":
      return { $nin: [value, null] };
    case "<":
      return { $lt: value };
    case "<=":
      return { $lte: value };
    case ">":
      return { $gt: value };
    case ">=":
      return { $gte: value };
  }
};

const bsonOf = (value: Value | undefined): unknown => (typeof value === "bigint" ? integerBson(value) : value);
