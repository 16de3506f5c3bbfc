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

/** What a store keeps beside a row, made of the row's message when it is written. */
export type Computed =
  /** The text at `steps` from its last character to its first: what it ends with is a range of it. */
  | { readonly kind: "reversed" }
  /** True where a message, list or map stands at `steps`, else NULL. */
  | { readonly kind: "presence" }
  /** The truth of a test that reads the row alone; NULL where it is neither true nor false. */
  | { readonly kind: "test"; readonly test: Test; readonly columns: readonly Column[] };

/** What queries read of a row. `path` is its name in plans and is unique in a table. */
export type Column = {
  readonly path: string;
  readonly steps: readonly Step[];
  /** Of a list, the type of its elements. */
  readonly type: ColumnType;
  readonly isList?: true;
  readonly computed?: Computed;
};

/** What queries read of the request. */
export type Parameter = {
  readonly name: string;
  readonly steps: readonly Step[];
  /** Of a list, the type of its elements. */
  readonly type: ColumnType;
  readonly isList?: true;
  /** The query asks whether it is set: unset it is NULL. Any other must be set. */
  readonly isNullable?: true;
  /** It is compared with LIKE, which takes no pattern of any length. */
  readonly isPattern?: true;
};

export type Operand =
  | { readonly kind: "literal"; readonly value: Value }
  | { readonly kind: "parameter"; readonly parameter: Parameter };

export type Operator = "=" | "!=" | "<" | "<=" | ">" | ">=";

/** What must be *true* of a column; a comparison with NULL is neither true nor false, and so is its negation. */
export type Predicate =
  | { readonly kind: "compare"; readonly column: string; readonly operator: Operator; readonly operand: Operand }
  | { readonly kind: "in"; readonly column: string; readonly operands: readonly Operand[] }
  | { readonly kind: "null"; readonly column: string; readonly isNull: boolean }
  /** `column = ANY(:list)`. */
  | { readonly kind: "inList"; readonly column: string; readonly list: Parameter; readonly isNegated: boolean }
  /** `operand = ANY(column)`, of a list. */
  | { readonly kind: "contains"; readonly column: string; readonly operand: Operand; readonly isNegated: boolean }
  | { readonly kind: "like"; readonly column: string; readonly pattern: Operand; readonly isNegated: boolean }
  | { readonly kind: "startsWith"; readonly column: string; readonly prefix: Operand; readonly isNegated: boolean }
  /**
   * The stretch of an index in which a pattern of the request can match: values that begin with its fixed start or,
   * of a reversed column, with its fixed end where it has no fixed start. Empty for patterns of the other form.
   */
  | {
      readonly kind: "likeRange";
      readonly column: string;
      readonly pattern: Operand;
      readonly side: "start" | "end";
    };

/** A test that may also set two columns against each other. */
export type Test =
  | Predicate
  | { readonly kind: "columns"; readonly left: string; readonly operator: Operator; readonly right: string }
  /** `column = ANY(list)`, both of the row. */
  | { readonly kind: "elementOf"; readonly column: string; readonly list: string; readonly isNegated: boolean };

/** `:parameter IS [NOT] NULL`: holds of a request, not of a row. */
export type Guard = { readonly kind: "guard"; readonly parameter: Parameter; readonly isNull: boolean };

/** One part of an index, in its direction; what is only compared for equality, or unordered, may be in either. */
export type IndexPart =
  | { readonly kind: "column"; readonly column: string; readonly direction: "either" | "ascending" | "descending" }
  /** The row's key, ascending. */
  | { readonly kind: "key" };

/**
 * A conjunction with its way through an index. All of `equal`, `range` and `residual` must hold; the first
 * two say how the index is entered, the third is checked on what it gives.
 */
export type Disjunct = {
  /** What the index begins with: `equal`, of a sorted plan its order and the key, `range`. None: rows by key. */
  readonly index: readonly IndexPart[];
  /** `=`, IN, `= ANY` and IS NULL, one a column, in the order of the index. */
  readonly equal: readonly Predicate[];
  /** Bounds of one column, starts of texts among them; or a single `!=`, which is read as two ranges; or IS NOT NULL. */
  readonly range: readonly Predicate[];
  readonly residual: readonly Predicate[];
  /** Without all of them the disjunct gives no rows. */
  readonly guards?: readonly Guard[];
};

/** NULL comes first ascending, last descending; ties go by row key. */
export type Order = { readonly column: string; readonly descending: boolean };

/** A query's way to its rows, as plain data: rows for which any disjunct holds, each once. */
export type Plan = {
  readonly table: string;
  /** The columns that the plan names. */
  readonly columns: readonly Column[];
  readonly disjuncts: readonly Disjunct[];
  /** Rows come by `order` and then by key. Else they come as the indexes give them. */
  readonly isSorted: boolean;
  readonly order: readonly Order[];
  /** The request's place to go on from, in a plan that gives its rows in pages. Such a plan is sorted. */
  readonly pageToken: Parameter | undefined;
  readonly offset: Operand | undefined;
  readonly limit: Operand | undefined;
  /** Are the rows counted, be it beside reading them? */
  readonly counted: "never" | "beside rows" | "alone";
};
