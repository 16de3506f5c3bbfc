import type { Join, Offset, OrderBy, Path, Query, TableRef } from "./ast.ts";
import { type Cursor, createCursor, SyntaxProblem } from "./cursor.ts";
import { tokenize } from "./lexer.ts";
import { parseCondition } from "./parse-condition.ts";
import { parseExpression, parseParameter, parsePath } from "./parse-expression.ts";
import { parseItems } from "./parse-items.ts";
import { type Outcome, ok, problems } from "./problem.ts";

/** The syntax tree of a query, or the first place where it stops being one. Never throws. */
export const parseQuery = (source: string): Outcome<Query> => {
  const tokens = tokenize(source);
  if (tokens.kind === "problems") return tokens;
  try {
    return ok(parseWhole(createCursor(tokens.value)));
  } catch (error) {
    if (error instanceof SyntaxProblem) return problems([error.problem]);
    throw error;
  }
};

/** `query := SELECT items FROM table join* (WHERE condition)? groupBy? orderBy? (offset | limit)*` */
const parseWhole = (cursor: Cursor): Query => {
  cursor.expectWord("SELECT");
  const items = parseItems(cursor);
  cursor.expectWord("FROM");
  const table = parseTable(cursor);
  const joins: Join[] = [];
  for (let join = parseJoin(cursor); join !== undefined; join = parseJoin(cursor)) joins.push(join);
  const where = cursor.skipWord("WHERE") ? parseCondition(cursor) : undefined;
  const groupBy = parseGroupBy(cursor);
  const orderBy = parseOrderBy(cursor);
  const paging = parsePaging(cursor);
  const query: Query = { items, table, joins, where, groupBy, orderBy, ...paging };
  if (cursor.peek().kind !== "end") {
    cursor.fail(whatFollows(query), "each clause comes once: WHERE, then ORDER BY, then LIMIT and OFFSET");
  }
  return query;
};

/** What could stand after a query as far as it was read. */
const whatFollows = ({ where, groupBy, orderBy, limit, offset }: Query): string => {
  const end = "the end of the query";
  if (limit !== undefined && offset !== undefined) return end;
  if (limit !== undefined) return `OFFSET or ${end}`;
  if (offset !== undefined) return `LIMIT or ${end}`;
  const paging = `LIMIT, OFFSET or ${end}`;
  if (orderBy.length > 0) return `a comma, ${paging}`;
  if (groupBy.length > 0) return `a comma, ORDER BY, ${paging}`;
  return where === undefined ? `WHERE, ORDER BY, ${paging}` : `AND, OR, ORDER BY, ${paging}`;
};

/** `table := name (AS? name)?` */
const parseTable = (cursor: Cursor): TableRef => {
  const name = cursor.expectName("a table");
  const isNamed = cursor.skipWord("AS") || cursor.isAlias();
  return { name, alias: isNamed ? cursor.expectName("another name for the table") : undefined };
};

/** `join := (INNER | (LEFT | RIGHT | FULL) OUTER?)? JOIN table ON condition` */
const parseJoin = (cursor: Cursor): Join | undefined => {
  const { offset } = cursor.peek();
  const side = (["inner", "left", "right", "full"] as const).find((word) => cursor.skipWord(word.toUpperCase()));
  if (side === undefined && !cursor.isWord("JOIN")) return undefined;
  if (side !== undefined && side !== "inner") cursor.skipWord("OUTER");
  cursor.expectWord("JOIN");
  const table = parseTable(cursor);
  cursor.expectWord("ON");
  return { side: side ?? "inner", offset, table, on: parseCondition(cursor) };
};

/** `groupBy := GROUP BY path ("," path)*` */
const parseGroupBy = (cursor: Cursor): Path[] => {
  if (!cursor.skipWord("GROUP")) return [];
  cursor.expectWord("BY");
  const paths = [parsePath(cursor, "a column")];
  while (cursor.skipSymbol(",")) paths.push(parsePath(cursor, "a column"));
  return paths;
};

/** `orderBy := ORDER BY order ("," order)*` */
const parseOrderBy = (cursor: Cursor): OrderBy[] => {
  if (!cursor.skipWord("ORDER")) return [];
  cursor.expectWord("BY");
  const orders = [parseOrder(cursor)];
  while (cursor.skipSymbol(",")) orders.push(parseOrder(cursor));
  return orders;
};

/** `order := path (ASC | DESC)?` */
const parseOrder = (cursor: Cursor): OrderBy => {
  const path = parsePath(cursor, "a column");
  const isDescending = cursor.skipWord("DESC");
  if (!isDescending) cursor.skipWord("ASC");
  return { offset: path.offset, path, isDescending };
};

/** `(offset | limit)*`, in either order and each once */
const parsePaging = (cursor: Cursor): Pick<Query, "offset" | "limit"> => {
  let offset: Query["offset"];
  let limit: Query["limit"];
  while (true) {
    const start = cursor.peek();
    if (offset === undefined && cursor.skipWord("OFFSET")) {
      offset = parseOffset(cursor, start.offset);
    } else if (limit === undefined && cursor.skipWord("LIMIT")) {
      limit = { offset: start.offset, count: parseExpression(cursor, "a number or a :parameter") };
    } else {
      return { offset, limit };
    }
  }
};

/** `offset := OFFSET (expression | PAGE_TOKEN_OFFSET "(" parameter ")")` */
const parseOffset = (cursor: Cursor, offset: number): Offset => {
  if (!cursor.isWord("PAGE_TOKEN_OFFSET")) {
    return { kind: "rows", offset, count: parseExpression(cursor, "a number or a :parameter") };
  }
  cursor.next();
  cursor.expectSymbol("(");
  const token = parseParameter(cursor);
  cursor.expectSymbol(")");
  return { kind: "pageToken", offset, token };
};
