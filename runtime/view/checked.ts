import type { ItemFunction } from "./ast.ts";
import type { Column, Guard, Operand, Order, Parameter, Step, Test } from "./plan.ts";

/** A condition whose names and types hold. */
export type CheckedCondition =
  | Test
  | Guard
  | { readonly kind: "and" | "or"; readonly left: CheckedCondition; readonly right: CheckedCondition }
  | { readonly kind: "not"; readonly condition: CheckedCondition };

/** Where a field of the response takes its value from. */
export type ResultSource =
  /** Of no steps it is the whole row. */
  | { readonly kind: "row"; readonly steps: readonly Step[] }
  | {
      readonly kind: "request";
      readonly name: string;
      readonly steps: readonly Step[];
      /** Unset, it leaves the field unset; any other must be set. */
      readonly isNullable: boolean;
    }
  | { readonly kind: "literal"; readonly value: unknown }
  /** A message made of parts. */
  | { readonly kind: "group"; readonly assignments: readonly Assignment[] }
  /** What is known of all rows together; a count may not exceed `most`, which its field holds. */
  | { readonly kind: "summary"; readonly name: ItemFunction; readonly most: bigint };

export type Assignment = { readonly target: Step; readonly source: ResultSource };

/** How rows become responses. */
export type Result =
  /** `*`: the row is the response. */
  | { readonly kind: "row" }
  /** Columns, parameters and literals into fields of the response, one response a row. */
  | { readonly kind: "fields"; readonly assignments: readonly Assignment[] }
  /** Counts without rows. */
  | { readonly kind: "summary"; readonly assignments: readonly Assignment[] }
  /** `* AS field`, `(…) AS field`: all rows in one repeated field; `fieldNumber` is what it has on the wire. */
  | {
      readonly kind: "list";
      readonly field: string;
      readonly fieldNumber: number;
      /** What an element is made of; `undefined` for the row itself. */
      readonly element: readonly Assignment[] | undefined;
      readonly assignments: readonly Assignment[];
    }
  /** `* AS field` of a live query: a row and what became of it; `resumes` when the request may bring a token. */
  | {
      readonly kind: "envelope";
      readonly field: string;
      readonly parts: ReadonlySet<EnvelopePart>;
      readonly resumes: boolean;
      readonly assignments: readonly Assignment[];
    };

/** Fields of an envelope that the runtime fills, as far as the response has them. */
export type EnvelopePart = "change" | "key" | "sequence" | "resume_token";

/** A query that fits its messages. */
export type CheckedQuery = {
  readonly table: string;
  readonly columns: readonly Column[];
  readonly where: CheckedCondition | undefined;
  readonly order: readonly Order[];
  readonly pageToken: Parameter | undefined;
  readonly offset: Operand | undefined;
  readonly limit: Operand | undefined;
  readonly result: Result;
};
