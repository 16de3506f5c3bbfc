import type { Condition, Expression } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { parseExpression } from "./parse-expression.ts";
import type { Operator } from "./plan.ts";

const operators: readonly Operator[] = ["=", "!=", "<", "<=", ">", ">="];

/** `condition := conjunction (OR conjunction)*` */
export const parseCondition = (cursor: Cursor): Condition => {
  let left = parseConjunction(cursor);
  while (cursor.isWord("OR")) {
    const { offset } = cursor.next();
    left = { kind: "or", offset, left, right: parseConjunction(cursor) };
  }
  return left;
};

/** `conjunction := negation (AND negation)*` */
const parseConjunction = (cursor: Cursor): Condition => {
  let left = parseNegation(cursor);
  while (cursor.isWord("AND")) {
    const { offset } = cursor.next();
    left = { kind: "and", offset, left, right: parseNegation(cursor) };
  }
  return left;
};

/** `negation := NOT negation | "(" condition ")" | test` */
const parseNegation = (cursor: Cursor): Condition => {
  if (cursor.isWord("NOT")) {
    const { offset } = cursor.next();
    return { kind: "not", offset, condition: cursor.nested(() => parseNegation(cursor)) };
  }
  if (!cursor.skipSymbol("(")) return parseTest(cursor);
  const condition = cursor.nested(() => parseCondition(cursor));
  cursor.expectSymbol(")", "close the parenthesis, or join conditions with AND or OR");
  return condition;
};

/**
 * ```
 * test := starts_with "(" expression "," expression ")" | text_search "(" expression ("," expression)* ")"
 *       | expression comparison
 * ```
 */
const parseTest = (cursor: Cursor): Condition => {
  const { offset } = cursor.peek();
  if (cursor.isWord("STARTS_WITH") && cursor.isSymbol("(", 1)) {
    cursor.next();
    const [subject, pattern, ...more] = parseList(cursor);
    if (subject === undefined || pattern === undefined || more.length > 0) {
      return cursor.fail("two arguments of starts_with", "write starts_with(column, 'text')");
    }
    return { kind: "startsWith", offset, subject, pattern };
  }
  if (cursor.isWord("TEXT_SEARCH") && cursor.isSymbol("(", 1)) {
    cursor.next();
    return { kind: "textSearch", offset, arguments: parseList(cursor) };
  }
  return parseComparison(cursor, parseExpression(cursor));
};

/**
 * ```
 * comparison := ("=" | "!=" | "<>" | "<" | "<=" | ">" | ">=") expression
 *             | "=" ANY "(" expression ")"
 *             | IS NOT? NULL
 *             | NOT? (IN list | LIKE expression | STARTS_WITH expression)
 * ```
 */
const parseComparison = (cursor: Cursor, left: Expression): Condition => {
  const { offset } = left;
  const operator = operators.find((candidate) => cursor.isSymbol(candidate));
  if (operator !== undefined) {
    cursor.next();
    if (cursor.isWord("ANY") && cursor.isSymbol("(", 1)) return parseAny(cursor, left, operator);
    return { kind: "compare", offset, operator, left, right: parseExpression(cursor) };
  }
  if (cursor.skipWord("IS")) {
    const isNull = !cursor.skipWord("NOT");
    cursor.expectWord("NULL");
    return { kind: "null", offset, subject: left, isNull };
  }
  const not = cursor.isWord("NOT") ? cursor.next() : undefined;
  const test = parseSetOrPattern(cursor, left, not !== undefined);
  return not === undefined ? test : { kind: "not", offset: not.offset, condition: test };
};

/** `any := ANY "(" expression ")"` */
const parseAny = (cursor: Cursor, left: Expression, operator: Operator): Condition => {
  if (operator !== "=") {
    return cursor.fail(
      `a column, a :parameter or a value after ${operator}`,
      operator === "!="
        ? "ANY stands after = only; for what a list does not hold, write NOT value = ANY(list)"
        : "ANY stands after = only",
    );
  }
  cursor.next();
  cursor.expectSymbol("(");
  const array = parseExpression(cursor);
  cursor.expectSymbol(")");
  return { kind: "any", offset: left.offset, left, array };
};

/** `setOrPattern := IN list | LIKE expression | STARTS_WITH expression` */
const parseSetOrPattern = (cursor: Cursor, subject: Expression, isNegated: boolean): Condition => {
  const { offset } = subject;
  if (cursor.skipWord("IN")) return { kind: "in", offset, subject, values: parseList(cursor) };
  if (cursor.skipWord("LIKE")) return { kind: "like", offset, subject, pattern: parseExpression(cursor) };
  if (cursor.skipWord("STARTS_WITH")) return { kind: "startsWith", offset, subject, pattern: parseExpression(cursor) };
  return isNegated
    ? cursor.fail("IN, LIKE or STARTS_WITH after NOT", "write NOT before the column, as in NOT name = 'x', or write !=")
    : cursor.fail("a comparison", "compare with =, !=, <, <=, >, >=, IN, LIKE, STARTS_WITH or IS NULL");
};

/** `list := "(" expression ("," expression)* ")"` */
const parseList = (cursor: Cursor): Expression[] => {
  cursor.expectSymbol("(");
  const values = [parseExpression(cursor)];
  while (cursor.skipSymbol(",")) values.push(parseExpression(cursor));
  cursor.expectSymbol(")");
  return values;
};
