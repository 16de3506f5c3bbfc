import type { Item, ItemFunction, Name } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { parseExpression } from "./parse-expression.ts";

const functions: readonly ItemFunction[] = ["count", "total_count", "has_more", "next_page_token"];

/** `items := item ("," item)*` */
export const parseItems = (cursor: Cursor): Item[] => {
  const items = [parseItem(cursor)];
  while (cursor.skipSymbol(",")) items.push(parseItem(cursor));
  return items;
};

/**
 * ```
 * item := (name ".")? "*" alias? | "(" items ")" alias | expression alias?
 *       | COLLECT "(" DISTINCT? items ")" alias? | (COUNT "(" "*"? ")" | function "(" ")") alias?
 * ```
 */
const parseItem = (cursor: Cursor): Item => {
  const { offset } = cursor.peek();
  if (cursor.skipSymbol("*")) return { kind: "star", offset, table: undefined, alias: parseAlias(cursor) };
  if (cursor.isSymbol(".", 1) && cursor.isSymbol("*", 2)) {
    const table = cursor.expectName("a table");
    cursor.next();
    cursor.next();
    return { kind: "star", offset, table, alias: parseAlias(cursor) };
  }
  if (cursor.isSymbol("(")) {
    const items = parseGroup(cursor);
    return { kind: "group", offset, items, alias: parseAlias(cursor) ?? cursor.fail("AS and a field's name") };
  }
  const call = cursor.isSymbol("(", 1) ? parseCall(cursor) : undefined;
  if (call !== undefined) return call;
  const value = parseExpression(cursor, "a column, a :parameter, a value or *");
  const alias = parseAlias(cursor);
  if (alias === undefined && value.kind !== "path" && value.kind !== "parameter") {
    return cursor.fail("AS and a field's name", "say which field of the response takes the value: 'x' AS field");
  }
  return { kind: "value", offset, value, alias };
};

/** `alias := AS name` */
const parseAlias = (cursor: Cursor): Name | undefined =>
  cursor.skipWord("AS") ? cursor.expectAnyName("a field of the response") : undefined;

/** `group := "(" items ")"` */
const parseGroup = (cursor: Cursor): Item[] => {
  cursor.expectSymbol("(");
  const items = cursor.nested(() => parseItems(cursor));
  cursor.expectSymbol(")");
  return items;
};

/** `call := COLLECT "(" DISTINCT? items ")" alias? | (COUNT "(" "*"? ")" | function "(" ")") alias?` */
const parseCall = (cursor: Cursor): Item | undefined => {
  const { offset } = cursor.peek();
  if (cursor.skipWord("COLLECT")) {
    cursor.expectSymbol("(");
    const isDistinct = cursor.skipWord("DISTINCT");
    const items = cursor.nested(() => parseItems(cursor));
    cursor.expectSymbol(")");
    return { kind: "collect", offset, isDistinct, items, alias: parseAlias(cursor) };
  }
  const name = functions.find((candidate) => cursor.isWord(candidate.toUpperCase()));
  if (name === undefined) return undefined;
  cursor.next();
  cursor.expectSymbol("(");
  if (name === "count") cursor.skipSymbol("*");
  cursor.expectSymbol(")");
  return { kind: "function", offset, name, alias: parseAlias(cursor) };
};
