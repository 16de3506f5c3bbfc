import type { Message } from "../../codec.ts";
import type { Segment } from "../../view/branches.ts";
import type { Plan, Predicate } from "../../view/plan.ts";
import { columnPath } from "./view-document.ts";
import { condition, type RowFilter } from "./view-filter.ts";

export type SegmentReader = {
  /** Of live rows those of one stretch of an index. */
  readonly filter: (segment: Segment, request: Message) => RowFilter;
  /** The plan's order, which the index has. */
  readonly sort: ReadonlyMap<string, 1 | -1>;
};

/** A sorted plan's stretches in MongoDB's terms. */
export const segmentReader = (plan: Plan): SegmentReader => {
  const paths = new Map(plan.columns.map((column) => [column.path, columnPath(column)]));
  const pathOf = (column: string): string => paths.get(column) ?? "";
  return {
    filter({ tests, afterKey }, request) {
      const filters = tests.map((test): RowFilter => ({ [pathOf(test.column)]: testOf(test, request) }));
      // Without an index of the plan the way is by key, which must be entered by a range of keys.
      const key: RowFilter = { _id: afterKey === undefined ? { $gte: "" } : { $gt: afterKey } };
      return { $and: [{ live: true }, key, ...filters] };
    },
    sort: new Map<string, 1 | -1>([
      ...plan.order.map(({ column, descending }): [string, 1 | -1] => [pathOf(column), descending ? -1 : 1]),
      ["_id", 1],
    ]),
  };
};

/** No NULL is stored, it is missing. Asked for as `null` it would be two points of an index, and what follows unsorted. */
const testOf = (test: Predicate, request: Message): object =>
  test.kind === "null" && test.isNull ? { $exists: false } : condition(test, request);
