import type { Condition, Expression, Item, Name, Query, TableRef } from "./ast.ts";

/** A query's syntax tree as lines of text, each node indented under the one it belongs to. */
export const describeTree = (query: Query): readonly string[] => [
  "select",
  ...query.items.flatMap(describeItem).map(indented),
  `from ${describeTable(query.table)}`,
  ...query.joins.flatMap(({ side, table, on }) => [
    `${side} join ${describeTable(table)} on`,
    ...describeCondition(on).map(indented),
  ]),
  ...(query.where === undefined ? [] : ["where", ...describeCondition(query.where).map(indented)]),
  ...(query.groupBy.length === 0 ? [] : ["group by", ...query.groupBy.map(describeExpression).map(indented)]),
  ...(query.orderBy.length === 0
    ? []
    : [
        "order by",
        ...query.orderBy.map(({ path, isDescending }) =>
          indented(`${isDescending ? "descending" : "ascending"} ${describeExpression(path)}`),
        ),
      ]),
  ...describeOffset(query),
  ...(query.limit === undefined ? [] : ["limit", indented(describeExpression(query.limit.count))]),
];

const indented = (line: string): string => `  ${line}`;

const describeOffset = ({ offset }: Query): readonly string[] => {
  if (offset === undefined) return [];
  return offset.kind === "rows"
    ? ["offset", indented(describeExpression(offset.count))]
    : ["offset of a page token", indented(describeExpression(offset.token))];
};

const describeTable = ({ name, alias }: TableRef): string => name.text + aliased(alias);
const aliased = (alias: Name | undefined): string => (alias === undefined ? "" : ` as ${alias.text}`);

const describeItem = (item: Item): readonly string[] => {
  switch (item.kind) {
    case "star":
      return [`${item.table === undefined ? "" : `${item.table.text}.`}*${aliased(item.alias)}`];
    case "value":
      return [describeExpression(item.value) + aliased(item.alias)];
    case "group":
      return [`group${aliased(item.alias)}`, ...item.items.flatMap(describeItem).map(indented)];
    case "collect":
      return [
        `collect${item.isDistinct ? " distinct" : ""}${aliased(item.alias)}`,
        ...item.items.flatMap(describeItem).map(indented),
      ];
    case "function":
      return [`${item.name}()${aliased(item.alias)}`];
  }
};

const describeExpression = (expression: Expression): string => {
  switch (expression.kind) {
    case "path":
      return `path ${expression.names.map(({ text }) => text).join(".")}`;
    case "parameter":
      return `parameter :${expression.names.map(({ text }) => text).join(".")}`;
    case "string":
      return `string ${JSON.stringify(expression.text)}`;
    case "integer":
    case "decimal":
      return `${expression.kind} ${expression.text}`;
    case "boolean":
      return `boolean ${expression.value}`;
  }
};

const describeCondition = (condition: Condition): readonly string[] => {
  switch (condition.kind) {
    case "and":
    case "or":
      return node(condition.kind, [...describeCondition(condition.left), ...describeCondition(condition.right)]);
    case "not":
      return node("not", describeCondition(condition.condition));
    case "compare":
      return leaves(`compare ${condition.operator}`, [condition.left, condition.right]);
    case "in":
      return leaves("in", [condition.subject, ...condition.values]);
    case "null":
      return leaves(condition.isNull ? "is null" : "is not null", [condition.subject]);
    case "like":
      return leaves("like", [condition.subject, condition.pattern]);
    case "startsWith":
      return leaves("starts with", [condition.subject, condition.pattern]);
    case "any":
      return leaves("= any", [condition.left, condition.array]);
    case "textSearch":
      return leaves("text search", condition.arguments);
  }
};

const node = (title: string, below: readonly string[]): readonly string[] => [title, ...below.map(indented)];

const leaves = (title: string, below: readonly Expression[]): readonly string[] =>
  node(title, below.map(describeExpression));
