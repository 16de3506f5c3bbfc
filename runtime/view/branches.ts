import type { Message } from "../codec.ts";
import { narrow } from "./narrow.ts";
import { listValues, operandValue } from "./parameters.ts";
import type { Disjunct, Operator, Order, Plan, Predicate, Value } from "./plan.ts";
import { compareNullable, type Place } from "./row-order.ts";
import { textRange } from "./text-range.ts";
import { compareValues } from "./value.ts";

/**
 * A stretch of one index in which rows stand in the plan's order: for one request, what compares does so with literals.
 * `afterKey` leaves out rows up to this key.
 */
export type Segment = { readonly tests: readonly Predicate[]; readonly afterKey: string | undefined };

/**
 * What a sorted plan reads side by side: each branch is segments one after another, sorted as a whole, and any
 * two may have rows in common.
 */
export type Branch = {
  readonly disjunct: Disjunct;
  readonly segments: readonly Segment[];
  /** What is left of the branch after a place. */
  readonly after: (place: Place | undefined) => readonly Segment[];
};

/** The branches of a request, from the place after which rows are wanted. Throws as `operandValue`. */
export const branchesOf = (plan: Plan, request: Message, after: Place | undefined): readonly Branch[] =>
  plan.disjuncts.flatMap((disjunct) => {
    const rest = [...disjunct.range, ...disjunct.residual].flatMap((test) => withValues(test, request));
    return pointsOf(disjunct.equal, request)
      .map((point): Branch => {
        const segmentsAfter = (place: Place | undefined) => segmentsOf(plan.order, point, rest, place);
        return { disjunct, segments: segmentsAfter(after), after: segmentsAfter };
      })
      .filter(({ segments }) => segments.length > 0);
  });

/** One value, or NULL, for each column that a branch compares for equality. */
type Point = ReadonlyMap<string, Value | undefined>;

/** Every combination of values that the tests allow, each once. */
const pointsOf = (equal: readonly Predicate[], request: Message): readonly Point[] =>
  equal.reduce<readonly Point[]>(
    (points, test) => {
      const values = pointValues(test, request);
      return points.flatMap((point) => values.map((value) => new Map([...point, [test.column, value] as const])));
    },
    [new Map()],
  );

const pointValues = (test: Predicate, request: Message): readonly (Value | undefined)[] => {
  switch (test.kind) {
    case "null":
      return [undefined];
    case "compare":
      return eachOnce([operandValue(test.operand, request)]);
    case "in":
      return eachOnce(test.operands.map((operand) => operandValue(operand, request)));
    case "inList":
      return eachOnce(listValues(test.list, request));
    default:
      throw new Error(`a sorted plan is entered by ${test.kind}, which is no point of an index`);
  }
};

/** Nothing equals NULL, so it is no point. */
const eachOnce = (values: readonly (Value | undefined)[]): readonly Value[] => {
  const known = values.filter((value) => value !== undefined);
  return known.filter((value, i) => known.findIndex((other) => compareValues(value, other) === 0) === i);
};

/** Comparisons, and starts of texts as such, with their values; what else there is reads the request when it is run. */
const withValues = (test: Predicate, request: Message): readonly Predicate[] => {
  switch (test.kind) {
    case "compare": {
      const value = operandValue(test.operand, request);
      return [value === undefined ? test : { ...test, operand: literal(value) }];
    }
    case "in":
      return [
        {
          ...test,
          operands: eachOnce(test.operands.map((operand) => operandValue(operand, request))).map(literal),
        },
      ];
    case "startsWith": {
      const range = test.isNegated ? undefined : textRange(test, request);
      if (range === undefined) return [test];
      const { from, to } = range;
      return [bound(test.column, ">=", from), ...(to === undefined ? [] : [bound(test.column, "<", to)])];
    }
    default:
      return [test];
  }
};

const literal = (value: Value) => ({ kind: "literal", value }) as const;
const bound = (column: string, operator: Operator, value: Value): Predicate => ({
  kind: "compare",
  column,
  operator,
  operand: literal(value),
});
const equals = (column: string, value: Value | undefined): Predicate =>
  value === undefined ? { kind: "null", column, isNull: true } : bound(column, "=", value);

/**
 * What follows a place: rows that share ever fewer of its leading values, so that each segment is one range of
 * the index, and the segments follow each other in the plan's order.
 */
const segmentsOf = (
  order: readonly Order[],
  point: Point,
  rest: readonly Predicate[],
  after: Place | undefined,
): readonly Segment[] => {
  const fixed = [...point].map(([column, value]) => equals(column, value));
  const segment = (shared: readonly Predicate[], afterKey?: string): readonly Segment[] => {
    const narrowed = narrow(rest, shared);
    return narrowed === undefined ? [] : [{ tests: [...fixed, ...narrowed], afterKey }];
  };
  if (after === undefined) return segment([]);

  const shared: Predicate[] = [];
  const farther: Segment[] = [];
  for (const [i, { column, descending }] of order.entries()) {
    const value = after.values[i];
    if (point.has(column)) {
      const compared = compareNullable(point.get(column), value) * (descending ? -1 : 1);
      if (compared > 0) return [...segment(shared), ...farther];
      if (compared < 0) return farther;
    } else {
      farther.unshift(...beyond(column, value, descending).flatMap((test) => segment([...shared, test])));
      shared.push(equals(column, value));
    }
  }
  return [...segment(shared, after.key), ...farther];
};

/** What comes after a value in its column's direction, one test a stretch. */
const beyond = (column: string, value: Value | undefined, descending: boolean): readonly Predicate[] => {
  if (value === undefined) return descending ? [] : [{ kind: "null", column, isNull: false }];
  return descending ? [bound(column, "<", value), equals(column, undefined)] : [bound(column, ">", value)];
};
