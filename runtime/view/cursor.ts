import type { Name } from "./ast.ts";
import type { Token } from "./lexer.ts";
import type { Problem } from "./problem.ts";

/** How a parser method gives up; `parseQuery` catches it and nothing else sees it. */
export class SyntaxProblem extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.text);
    this.problem = problem;
  }
}

const maxDepth = 100;

/** Words that stand for nothing but themselves; others, such as `limit` or `count`, may name a column. */
const reserved: ReadonlySet<string> = new Set(
  "SELECT FROM WHERE AND OR NOT AS ON IS IN LIKE BY NULL TRUE FALSE".split(" "),
);

/** Words that may follow a table and so are no alias of it. */
const afterTable: ReadonlySet<string> = new Set(
  "WHERE JOIN INNER LEFT RIGHT FULL ON GROUP ORDER OFFSET LIMIT SELECT FROM AND OR NOT AS IS IN LIKE BY".split(" "),
);

/** What parser methods share: a place in the tokens, and the few moves they make. */
export type Cursor = {
  readonly peek: (ahead?: number) => Token;
  readonly next: () => Token;
  /** Does this keyword stand `ahead` tokens on? */
  readonly isWord: (word: string, ahead?: number) => boolean;
  readonly isSymbol: (symbol: string, ahead?: number) => boolean;
  /** Takes the keyword, or symbol, if it is next. */
  readonly skipWord: (word: string) => boolean;
  readonly skipSymbol: (symbol: string) => boolean;
  readonly expectWord: (word: string) => Token;
  readonly expectSymbol: (symbol: string, remedy?: string) => Token;
  /** A name that is no reserved word. */
  readonly expectName: (what: string) => Name;
  /** A name after a dot or in a path, where keywords are names too. */
  readonly expectAnyName: (what: string) => Name;
  readonly isAlias: () => boolean;
  /** Runs one level of nesting; too many are a problem, not a full stack. */
  readonly nested: <T>(parse: () => T) => T;
  readonly fail: (expected: string, remedy?: string, token?: Token) => never;
};

export const createCursor = (tokens: readonly Token[]): Cursor => {
  const last = tokens[tokens.length - 1] as Token;
  let index = 0;
  let depth = 0;

  const peek = (ahead = 0): Token => tokens[index + ahead] ?? last;
  const next = (): Token => {
    const token = peek();
    index += 1;
    return token;
  };
  const isWord = (word: string, ahead = 0): boolean => {
    const token = peek(ahead);
    return token.kind === "name" && token.text.toUpperCase() === word;
  };
  const isSymbol = (symbol: string, ahead = 0): boolean => {
    const token = peek(ahead);
    return token.kind === "symbol" && token.text === symbol;
  };
  const fail = (expected: string, remedy = "see docs/query-language.md", token = peek()): never => {
    throw new SyntaxProblem({
      code: "QUERY_SYNTAX",
      text: `expected ${expected}, found ${describe(token)}`,
      remedy,
      offset: token.offset,
    });
  };
  const take = (found: boolean): boolean => {
    if (found) index += 1;
    return found;
  };
  const nameOf = (token: Token): Name => ({ text: token.text, offset: token.offset });
  const expectAnyName = (what: string): Name => {
    const token = peek();
    if (token.kind !== "name" && token.kind !== "quoted") return fail(what);
    return nameOf(next());
  };

  return {
    peek,
    next,
    isWord,
    isSymbol,
    fail,
    skipWord: (word) => take(isWord(word)),
    skipSymbol: (symbol) => take(isSymbol(symbol)),
    expectWord: (word) => (isWord(word) ? next() : fail(word)),
    expectSymbol: (symbol, remedy) => (isSymbol(symbol) ? next() : fail(`"${symbol}"`, remedy)),
    expectAnyName,
    expectName(what) {
      const token = peek();
      if (token.kind === "name" && reserved.has(token.text.toUpperCase())) {
        return fail(what, `if \`${token.text}\` is meant as a name, write it in backquotes`);
      }
      return expectAnyName(what);
    },
    isAlias: () => {
      const token = peek();
      return token.kind === "quoted" || (token.kind === "name" && !afterTable.has(token.text.toUpperCase()));
    },
    nested(parse) {
      depth += 1;
      if (depth > maxDepth) {
        throw new SyntaxProblem({
          code: "QUERY_TOO_COMPLEX",
          text: `the query is nested more than ${maxDepth} levels deep`,
          remedy: "take out parentheses that change nothing",
          offset: peek().offset,
        });
      }
      const result = parse();
      depth -= 1;
      return result;
    },
  };
};

const describe = (token: Token): string => {
  switch (token.kind) {
    case "end":
      return "the end of the query";
    case "string":
      return "a string";
    default:
      return JSON.stringify(token.text);
  }
};
