import { type Branch, branchesOf, type Segment } from "../../runtime/view/branches.ts";
import type { CompiledQuery } from "../../runtime/view/compile-query.ts";
import type { Disjunct } from "../../runtime/view/plan.ts";
import type { Place } from "../../runtime/view/row-order.ts";
import type { Customers } from "./customers.ts";

export type SegmentCase = {
  /** What stands behind `SELECT * FROM customers`. */
  readonly rest: string;
  /** Where the rows before have ended. */
  readonly after?: Place;
};

/** Queries whose stretches of an index both stores have to say in their own terms. */
export const segmentCases = {
  byKey: { rest: "" },
  descending: { rest: "WHERE name = :customer_name AND age > 1 ORDER BY age DESC, score" },
  afterPlace: {
    rest: "WHERE name = :customer_name AND age > 1 ORDER BY age DESC, score",
    after: { values: [7n, 3n], key: "k" },
  },
  afterNull: { rest: "ORDER BY nick", after: { values: [undefined], key: "k" } },
  towardsNull: { rest: "ORDER BY nick DESC", after: { values: ["n"], key: "k" } },
  values: { rest: "WHERE name IN ('b', :customer_name) ORDER BY age", after: { values: [5n], key: "k" } },
  texts: {
    rest: "WHERE name STARTS_WITH :customer_name ORDER BY name",
    after: { values: ["ab"], key: "k" },
  },
  tested: { rest: "WHERE 'vip' = ANY(tags) AND name != 'x' ORDER BY email" },
} satisfies Readonly<Record<string, SegmentCase>>;

export type SegmentName = keyof typeof segmentCases;

export type SegmentOf = {
  readonly query: CompiledQuery;
  readonly request: object;
  readonly segments: readonly { readonly disjunct: Disjunct; readonly segment: Segment }[];
};

/** The stretches of a case, for a request with the name "a". */
export const segmentsOf = (customers: Customers, name: SegmentName): SegmentOf => {
  const { rest, after }: SegmentCase = segmentCases[name];
  const sorted = rest === "" ? "OFFSET page_token_offset(:request_id)" : rest;
  const query =
    rest === ""
      ? customers.query(`SELECT * AS results, next_page_token() FROM customers ${sorted}`, "CustomerPage", false)
      : customers.query(`SELECT * FROM customers ${sorted}`);
  const request = customers.request.fromPartial({ customer_name: "a" });
  const branches: readonly Branch[] = branchesOf(query.plan, request, after);
  return {
    query,
    request,
    segments: branches.flatMap(({ disjunct, segments }) => segments.map((segment) => ({ disjunct, segment }))),
  };
};
