/** The type of a column, and of what it is compared with. */
export type ColumnType = "string" | "bool" | "integer" | "float" | "double" | "bytes" | "timestamp" | "enum";

/** A value as stores hold and compare it: integers are bigint; timestamps and enum values are text. */
export type Value = string | boolean | bigint | number | Uint8Array;

/** How one step of a path is taken in a message of the generated code. */
export type Step =
  | { readonly kind: "field"; readonly name: string }
  /** A member of a oneof: it stands as `{ $case, value }` under the oneof's name. */
  | { readonly kind: "member"; readonly oneof: string; readonly name: string }
  /** An entry of a map with text keys. */
  | { readonly kind: "entry"; readonly key: string };

/** A scalar of the row that queries read. `path` is its name in plans and is unique in a table. */
export type Column = { readonly path: string; readonly steps: readonly Step[]; readonly type: ColumnType };

/** A scalar of the request. */
export type Parameter = { readonly name: string; readonly steps: readonly Step[]; readonly type: ColumnType };

export type Operand =
  | { readonly kind: "literal"; readonly value: Value }
  | { readonly kind: "parameter"; readonly parameter: Parameter };

export type Operator = "=" | "!=" | "<" | "<=" | ">" | ">=";

/** What must be *true* of a column; a comparison with NULL is neither true nor false. */
export type Predicate =
  | { readonly kind: "compare"; readonly column: string; readonly operator: Operator; readonly operand: Operand }
  | { readonly kind: "in"; readonly column: string; readonly operands: readonly Operand[] }
  | { readonly kind: "null"; readonly column: string; readonly isNull: boolean };

/**
 * A conjunction with its way through an index. All of `equal`, `range` and `residual` must hold; the first
 * two say how the index is entered, the third is checked on what it gives.
 */
export type Disjunct = {
  /** Columns the index begins with: those of `equal`, of the plan's order, of `range`. None: rows by key. */
  readonly index: readonly string[];
  /** `=`, IN and IS NULL, one a column, in the order of the index. */
  readonly equal: readonly Predicate[];
  /** Bounds of one column, or a single `!=`, which is read as two ranges, or IS NOT NULL. */
  readonly range: readonly Predicate[];
  readonly residual: readonly Predicate[];
};

/** NULL comes first ascending, last descending; ties go by row key. */
export type Order = { readonly column: string; readonly descending: boolean };

/** A query's way to its rows, as plain data: rows for which any disjunct holds, each once. */
export type Plan = {
  readonly table: string;
  /** The columns that the plan names. */
  readonly columns: readonly Column[];
  readonly disjuncts: readonly Disjunct[];
  readonly order: readonly Order[];
  readonly offset: Operand | undefined;
  readonly limit: Operand | undefined;
};
