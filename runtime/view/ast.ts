import type { Operator } from "./plan.ts";

/** A place in the query's text, counted in UTF-16 units from 0. */
type At = { readonly offset: number };

export type Name = At & { readonly text: string };
export type Path = At & { readonly kind: "path"; readonly names: readonly Name[] };
export type ParameterRef = At & { readonly kind: "parameter"; readonly names: readonly Name[] };

/** Numbers keep their spelling: what they are worth depends on the column beside them. */
export type LiteralNode = At &
  (
    | { readonly kind: "string"; readonly text: string }
    | { readonly kind: "integer" | "decimal"; readonly text: string }
    | { readonly kind: "boolean"; readonly value: boolean }
  );

export type Expression = Path | ParameterRef | LiteralNode;

export type Condition =
  | (At & { readonly kind: "or" | "and"; readonly left: Condition; readonly right: Condition })
  | (At & { readonly kind: "not"; readonly condition: Condition })
  | (At & {
      readonly kind: "compare";
      readonly operator: Operator;
      readonly left: Expression;
      readonly right: Expression;
    })
  | (At & { readonly kind: "in"; readonly subject: Expression; readonly values: readonly Expression[] })
  | (At & { readonly kind: "null"; readonly subject: Expression; readonly isNull: boolean })
  | (At & { readonly kind: "like" | "startsWith"; readonly subject: Expression; readonly pattern: Expression })
  | (At & { readonly kind: "any"; readonly left: Expression; readonly array: Expression })
  | (At & { readonly kind: "textSearch"; readonly arguments: readonly Expression[] });

/** Functions of the select list that take no columns. */
export type ItemFunction = "count" | "total_count" | "has_more" | "next_page_token";

export type Item =
  /** `*`, or `t.*` of a join. */
  | (At & { readonly kind: "star"; readonly table: Name | undefined; readonly alias: Name | undefined })
  | (At & { readonly kind: "value"; readonly value: Expression; readonly alias: Name | undefined })
  | (At & { readonly kind: "group"; readonly items: readonly Item[]; readonly alias: Name })
  | (At & {
      readonly kind: "collect";
      readonly isDistinct: boolean;
      readonly items: readonly Item[];
      readonly alias: Name | undefined;
    })
  | (At & { readonly kind: "function"; readonly name: ItemFunction; readonly alias: Name | undefined });

export type TableRef = { readonly name: Name; readonly alias: Name | undefined };

export type Join = At & {
  readonly side: "inner" | "left" | "right" | "full";
  readonly table: TableRef;
  readonly on: Condition;
};

export type OrderBy = At & { readonly path: Path; readonly isDescending: boolean };

export type Offset =
  | (At & { readonly kind: "rows"; readonly count: Expression })
  | (At & { readonly kind: "pageToken"; readonly token: ParameterRef });

/** A whole query, as written: nothing is checked against messages yet. */
export type Query = {
  readonly items: readonly Item[];
  readonly table: TableRef;
  readonly joins: readonly Join[];
  readonly where: Condition | undefined;
  readonly groupBy: readonly Path[];
  readonly orderBy: readonly OrderBy[];
  readonly offset: Offset | undefined;
  readonly limit: (At & { readonly count: Expression }) | undefined;
};
