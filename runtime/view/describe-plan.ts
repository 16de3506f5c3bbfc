import type { CheckedCondition } from "./checked.ts";
import type { CompiledQuery } from "./compile-query.ts";
import { describeOperand, describeTest } from "./describe-test.ts";
import { indexFor } from "./indexes.ts";
import { disjunctiveForm, type Literal } from "./normal-form.ts";
import type { Column, Disjunct, Plan } from "./plan.ts";
import type { Index } from "./store.ts";

/** A titled part of what is told of a query. */
export type Section = { readonly title: string; readonly lines: readonly string[] };

/** The way of a query to its rows, for people: the filter, each alternative with its index, order and paging. */
export const describePlan = ({ checked, plan }: CompiledQuery, indexes: readonly Index[]): readonly Section[] => [
  { title: "filter, in normal form", lines: describeFilter(checked.where) },
  ...plan.disjuncts.map((disjunct, i) => describeDisjunct(disjunct, i + 1, indexes)),
  ...describeComputed(plan.columns),
  { title: "order", lines: describeOrder(plan) },
  ...describeWindow(plan),
];

const describeFilter = (where: CheckedCondition | undefined): readonly string[] => {
  if (where === undefined) return ["none: every row"];
  // A plan is there, so the condition has a normal form.
  const alternatives = disjunctiveForm(where) ?? [];
  return alternatives.map((literals, i) => `${i === 0 ? "   " : "OR "}${joined(literals)}`);
};

const joined = (tests: readonly Literal[]): string => tests.map(describeTest).join(" AND ");

const describeDisjunct = (disjunct: Disjunct, number: number, indexes: readonly Index[]): Section => {
  const { equal, range, residual, guards = [] } = disjunct;
  const parts = [
    ["equality", equal],
    ["range", range],
    ["residual", residual],
    ["guards", guards],
  ] as const;
  return {
    title: `alternative ${number}`,
    lines: [
      `index     ${describeIndex(indexFor(disjunct, indexes))}`,
      ...parts.flatMap(([name, tests]) => (tests.length === 0 ? [] : [`${name.padEnd(10)}${joined(tests)}`])),
    ],
  };
};

const describeIndex = (index: Index | undefined): string => {
  if (index === undefined) return "none: rows by key";
  const parts = index.parts.map((part) => {
    if (part.kind === "key") return "key";
    const name = part.column === index.list ? `elements of ${part.column}` : part.column;
    return part.direction === "descending" ? `${name} DESC` : name;
  });
  return `${index.name} (${parts.join(", ")})`;
};

const describeComputed = (columns: readonly Column[]): readonly Section[] => {
  const lines = columns.flatMap((column) => {
    const how = describeComputation(column);
    return how === undefined ? [] : [`${column.path}: ${how}`];
  });
  return lines.length === 0 ? [] : [{ title: "computed at the write", lines }];
};

const describeComputation = ({ computed }: Column): string | undefined => {
  switch (computed?.kind) {
    case undefined:
      return undefined;
    case "reversed":
      return "the text, last character first";
    case "presence":
      return "whether it is set";
    case "test":
      return `whether ${describeTest(computed.test)}`;
  }
};

const describeOrder = ({ order, isSorted, disjuncts }: Plan): readonly string[] => {
  if (isSorted) {
    return [[...order.map(({ column, descending }) => `${column} ${descending ? "DESC" : "ASC"}`), "key"].join(", ")];
  }
  return disjuncts.some(({ index }) => index.length === 0) ? ["by key"] : ["none"];
};

const describeWindow = ({ offset, limit, pageToken, counted }: Plan): readonly Section[] => {
  const lines = [
    ...(pageToken === undefined ? [] : [`pages, on from the token :${pageToken.name}`]),
    ...(counted === "never"
      ? []
      : [`all rows are counted, ${counted === "alone" ? "and none is read" : "beside reading them"}`]),
    ...(offset === undefined ? [] : [`OFFSET ${describeOperand(offset)}`]),
    ...(limit === undefined ? [] : [`LIMIT ${describeOperand(limit)}`]),
  ];
  return lines.length === 0 ? [] : [{ title: "paging", lines }];
};
