import type { Condition, Expression, Item, Name, Query, TableRef } from "./ast.ts";

/** A query's text in one spelling: parsed again it gives the same tree, but for the offsets. */
export const printQuery = (query: Query): string =>
  [
    `SELECT ${query.items.map(printItem).join(", ")}`,
    `FROM ${printTable(query.table)}`,
    ...query.joins.map(
      ({ side, table, on }) => `${side.toUpperCase()} JOIN ${printTable(table)} ON ${printCondition(on)}`,
    ),
    ...(query.where === undefined ? [] : [`WHERE ${printCondition(query.where)}`]),
    ...(query.groupBy.length === 0 ? [] : [`GROUP BY ${query.groupBy.map(printExpression).join(", ")}`]),
    ...(query.orderBy.length === 0
      ? []
      : [
          `ORDER BY ${query.orderBy.map(({ path, isDescending }) => `${printExpression(path)} ${isDescending ? "DESC" : "ASC"}`).join(", ")}`,
        ]),
    ...printOffset(query),
    ...(query.limit === undefined ? [] : [`LIMIT ${printExpression(query.limit.count)}`]),
  ].join(" ");

const printOffset = ({ offset }: Query): string[] => {
  if (offset === undefined) return [];
  return offset.kind === "rows"
    ? [`OFFSET ${printExpression(offset.count)}`]
    : [`OFFSET page_token_offset(${printExpression(offset.token)})`];
};

const printTable = ({ name, alias }: TableRef): string => printName(name) + printAlias(alias);
const printAlias = (alias: Name | undefined): string => (alias === undefined ? "" : ` AS ${printName(alias)}`);
/** Always quoted: then no name can be taken for a keyword. */
const printName = ({ text }: Name): string => `\`${text.replaceAll("`", "``")}\``;

const printItem = (item: Item): string => {
  switch (item.kind) {
    case "star":
      return `${item.table === undefined ? "" : `${printName(item.table)}.`}*${printAlias(item.alias)}`;
    case "value":
      return printExpression(item.value) + printAlias(item.alias);
    case "group":
      return `(${item.items.map(printItem).join(", ")})${printAlias(item.alias)}`;
    case "collect":
      return `collect(${item.isDistinct ? "DISTINCT " : ""}${item.items.map(printItem).join(", ")})${printAlias(item.alias)}`;
    case "function":
      return `${item.name}(${item.name === "count" ? "*" : ""})${printAlias(item.alias)}`;
  }
};

const printExpression = (expression: Expression): string => {
  switch (expression.kind) {
    case "path":
      return expression.names.map(printName).join(".");
    case "parameter":
      return `:${expression.names.map(printName).join(".")}`;
    case "string":
      return `'${expression.text.replaceAll("'", "''")}'`;
    case "integer":
    case "decimal":
      return expression.text;
    case "boolean":
      return expression.value ? "true" : "false";
  }
};

const printCondition = (condition: Condition): string => {
  switch (condition.kind) {
    case "and":
    case "or":
      return `${printPart(condition.left)} ${condition.kind.toUpperCase()} ${printPart(condition.right)}`;
    case "not":
      return `NOT ${printPart(condition.condition)}`;
    case "compare":
      return `${printExpression(condition.left)} ${condition.operator} ${printExpression(condition.right)}`;
    case "in":
      return `${printExpression(condition.subject)} IN (${condition.values.map(printExpression).join(", ")})`;
    case "null":
      return `${printExpression(condition.subject)} IS ${condition.isNull ? "" : "NOT "}NULL`;
    case "like":
      return `${printExpression(condition.subject)} LIKE ${printExpression(condition.pattern)}`;
    case "startsWith":
      return `${printExpression(condition.subject)} STARTS_WITH ${printExpression(condition.pattern)}`;
    case "any":
      return `${printExpression(condition.left)} = ANY(${printExpression(condition.array)})`;
    case "textSearch":
      return `text_search(${condition.arguments.map(printExpression).join(", ")})`;
  }
};

const printPart = (condition: Condition): string =>
  condition.kind === "and" || condition.kind === "or" ? `(${printCondition(condition)})` : printCondition(condition);
