import type { Expression, LiteralNode, Name, ParameterRef, Path } from "./ast.ts";
import { type Cursor, SyntaxProblem } from "./cursor.ts";

/** `expression := literal | parameter | path` */
export const parseExpression = (cursor: Cursor, what = "a column, a :parameter or a value"): Expression => {
  if (cursor.isWord("NULL")) return cursor.fail(what, "nothing equals NULL; write IS NULL or IS NOT NULL");
  const literal = parseLiteral(cursor);
  if (literal !== undefined) return literal;
  return cursor.isSymbol(":") ? parseParameter(cursor) : parsePath(cursor, what);
};

/** `path := name ("." name)*` where names after the first may be keywords */
export const parsePath = (cursor: Cursor, what: string): Path => {
  const first = cursor.expectName(what);
  return { kind: "path", offset: first.offset, names: [first, ...rest(cursor)] };
};

/** `parameter := ":" name ("." name)*` */
export const parseParameter = (cursor: Cursor): ParameterRef => {
  const { offset } = cursor.expectSymbol(":");
  return { kind: "parameter", offset, names: [cursor.expectAnyName("the name of a parameter"), ...rest(cursor)] };
};

const rest = (cursor: Cursor): Name[] => {
  const names: Name[] = [];
  while (cursor.skipSymbol(".")) names.push(cursor.expectAnyName("a field's name"));
  return names;
};

/** `literal := string | (integer | decimal) ("::" name)? | TRUE | FALSE` */
const parseLiteral = (cursor: Cursor): LiteralNode | undefined => {
  const { kind, text, offset } = cursor.peek();
  if (kind === "string") {
    cursor.next();
    return { kind, text, offset };
  }
  if (kind === "integer" || kind === "decimal") {
    cursor.next();
    if (cursor.isSymbol("::")) {
      throw new SyntaxProblem({
        code: "QUERY_NOT_SUPPORTED",
        text: "a number's type after :: is not supported yet",
        remedy: "leave it out: the number takes the type of the column beside it",
        offset: cursor.peek().offset,
      });
    }
    return { kind, text, offset };
  }
  for (const value of [true, false]) {
    if (cursor.skipWord(value ? "TRUE" : "FALSE")) return { kind: "boolean", value, offset };
  }
  return undefined;
};
