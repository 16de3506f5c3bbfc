import fc from "fast-check";
import type { Condition, Expression, Item, Name, ParameterRef, Path, Query, TableRef } from "../../runtime/view/ast.ts";

const offset = 0;
const text = fc.string({ unit: "binary", maxLength: 6 });
const name = fc
  .oneof(
    text.filter((each) => each.length > 0),
    fc.constantFrom("select", "FROM", "a`b", "count", "x.y"),
  )
  .map((each): Name => ({ text: each, offset }));
const names = fc.array(name, { minLength: 1, maxLength: 3 });
const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });

const path = names.map((each): Path => ({ kind: "path", offset, names: each }));
const parameter = names.map((each): ParameterRef => ({ kind: "parameter", offset, names: each }));
const expression: fc.Arbitrary<Expression> = fc.oneof(
  path,
  parameter,
  text.map((each): Expression => ({ kind: "string", offset, text: each })),
  fc.bigInt().map((each): Expression => ({ kind: "integer", offset, text: String(each) })),
  fc.constantFrom("0.5", "-1e3", "2.25E-7").map((each): Expression => ({ kind: "decimal", offset, text: each })),
  fc.boolean().map((value): Expression => ({ kind: "boolean", offset, value })),
);
const expressions = fc.array(expression, { minLength: 1, maxLength: 3 });

const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.record({
      kind: fc.constant("compare" as const),
      offset: fc.constant(offset),
      operator: fc.constantFrom("=", "!=", "<", "<=", ">", ">="),
      left: expression,
      right: expression,
    }),
    fc.tuple(expression, expressions).map(([subject, values]): Condition => ({ kind: "in", offset, subject, values })),
    fc
      .tuple(expression, fc.boolean())
      .map(([subject, isNull]): Condition => ({ kind: "null", offset, subject, isNull })),
    fc
      .tuple(fc.constantFrom("like" as const, "startsWith" as const), expression, expression)
      .map(([kind, subject, pattern]): Condition => ({ kind, offset, subject, pattern })),
    fc.tuple(expression, expression).map(([left, array]): Condition => ({ kind: "any", offset, left, array })),
    expressions.map((all): Condition => ({ kind: "textSearch", offset, arguments: all })),
    fc
      .tuple(fc.constantFrom("and" as const, "or" as const), tie("condition"), tie("condition"))
      .map(([kind, left, right]): Condition => ({ kind, offset, left, right })),
    tie("condition").map((inner): Condition => ({ kind: "not", offset, condition: inner })),
  ),
}));

const { item } = fc.letrec<{ item: Item }>((tie) => ({
  item: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    fc.tuple(maybe(name), maybe(name)).map(([table, alias]): Item => ({ kind: "star", offset, table, alias })),
    fc
      .tuple(fc.oneof(path, parameter), maybe(name))
      .map(([value, alias]): Item => ({ kind: "value", offset, value, alias })),
    fc.tuple(expression, name).map(([value, alias]): Item => ({ kind: "value", offset, value, alias })),
    fc
      .tuple(fc.constantFrom("count", "total_count", "has_more", "next_page_token"), maybe(name))
      .map(([called, alias]): Item => ({ kind: "function", offset, name: called, alias })),
    fc
      .tuple(fc.array(tie("item"), { minLength: 1, maxLength: 2 }), name)
      .map(([items, alias]): Item => ({ kind: "group", offset, items, alias })),
    fc
      .tuple(fc.boolean(), fc.array(tie("item"), { minLength: 1, maxLength: 2 }), maybe(name))
      .map(([isDistinct, items, alias]): Item => ({ kind: "collect", offset, isDistinct, items, alias })),
  ),
}));

const table = fc.record({ name, alias: maybe(name) }) satisfies fc.Arbitrary<TableRef>;

/** Any tree of the whole language; every place in it is 0. */
export const queries: fc.Arbitrary<Query> = fc.record({
  items: fc.array(item, { minLength: 1, maxLength: 3 }),
  table,
  joins: fc.array(
    fc.record({
      side: fc.constantFrom("inner", "left", "right", "full"),
      offset: fc.constant(offset),
      table,
      on: condition,
    }),
    { maxLength: 1 },
  ),
  where: maybe(condition),
  groupBy: fc.array(path, { maxLength: 2 }),
  orderBy: fc.array(fc.record({ offset: fc.constant(offset), path, isDescending: fc.boolean() }), { maxLength: 2 }),
  offset: maybe(
    fc.oneof(
      expression.map((count) => ({ kind: "rows" as const, offset, count })),
      parameter.map((token) => ({ kind: "pageToken" as const, offset, token })),
    ),
  ),
  limit: maybe(expression.map((count) => ({ offset, count }))),
});
