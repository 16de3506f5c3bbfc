/** Stable codes of the mistakes that a query can have. */
export type ProblemCode =
  | "QUERY_SYNTAX"
  | "QUERY_NOT_SUPPORTED"
  | "QUERY_TOO_COMPLEX"
  | "QUERY_UNINDEXABLE"
  | "UNKNOWN_TABLE"
  | "UNKNOWN_COLUMN"
  | "UNKNOWN_PARAMETER"
  | "UNKNOWN_ENUM_VALUE"
  | "UNKNOWN_RESULT_FIELD"
  | "TYPE_MISMATCH"
  | "NOT_COMPARABLE"
  | "UINT64_COLUMN"
  | "RESULT_TYPE_MISMATCH"
  | "RESULT_SHAPE"
  | "NOT_LIVE";

/** One mistake inside a query's text; `offset` is the spot the caret belongs under. */
export type Problem = {
  readonly code: ProblemCode;
  readonly text: string;
  readonly remedy: string;
  readonly offset: number;
};

/** Something that could be made, or every reason why not. */
export type Outcome<T> =
  | { readonly kind: "ok"; readonly value: T }
  | { readonly kind: "problems"; readonly problems: readonly Problem[] };

export const ok = <T>(value: T): Outcome<T> => ({ kind: "ok", value });
export const problems = (list: readonly Problem[]): Outcome<never> => ({ kind: "problems", problems: list });
