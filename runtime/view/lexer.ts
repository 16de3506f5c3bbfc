import { type Outcome, ok, type Problem, problems } from "./problem.ts";

/** `text` is the meaning: quotes are taken off. A quoted name is never a keyword. */
export type Token = {
  readonly kind: "name" | "quoted" | "string" | "integer" | "decimal" | "symbol" | "end";
  readonly text: string;
  readonly offset: number;
};

const maxTokens = 10_000;

/**
 * ```
 * name    := letter (letter | digit | "_")* ("-"+ (letter | digit | "_")+)*     no arithmetic, so "-" joins
 * quoted  := "`" (any but "`" | "``")+ "`"
 * string  := "'" (any but "'" | "''")* "'"
 * integer := "-"? digit+
 * decimal := "-"? digit+ ("." digit+)? (("e" | "E") ("+" | "-")? digit+)?
 * ```
 */
const patterns = {
  blank: /\s+/uy,
  name: /[A-Za-z_][A-Za-z0-9_]*(?:-+[A-Za-z0-9_]+)*/uy,
  quoted: /`((?!`(?!`))[^`]*(?:``[^`]*)*)`/uy,
  string: /'([^']*(?:''[^']*)*)'/uy,
  number: /-?\d+(\.\d+)?([eE][+-]?\d+)?/uy,
  symbol: /<=|>=|!=|<>|::|[=<>(),.:*]/uy,
} as const;

/** Cuts a query into tokens, the last of kind "end". */
export const tokenize = (source: string): Outcome<readonly Token[]> => {
  const tokens: Token[] = [];
  let offset = 0;
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = offset;
    return pattern.exec(source) ?? undefined;
  };
  while (offset < source.length) {
    const blank = take(patterns.blank);
    if (blank !== undefined) {
      offset += blank[0].length;
      continue;
    }
    const found = scan(take, offset);
    if (found === undefined) return problems([unreadable(source, offset)]);
    if (tokens.length === maxTokens) return problems([tooLong(offset)]);
    tokens.push(found.token);
    offset += found.length;
  }
  tokens.push({ kind: "end", text: "", offset: source.length });
  return ok(tokens);
};

type Take = (pattern: RegExp) => RegExpExecArray | undefined;

const scan = (take: Take, offset: number): { token: Token; length: number } | undefined => {
  const give = (kind: Token["kind"], text: string, whole: string) => ({
    token: { kind, text, offset },
    length: whole.length,
  });
  const name = take(patterns.name);
  if (name !== undefined) return give("name", name[0], name[0]);
  const number = take(patterns.number);
  if (number !== undefined) {
    const isInteger = number[1] === undefined && number[2] === undefined;
    return give(isInteger ? "integer" : "decimal", number[0], number[0]);
  }
  const text = take(patterns.string);
  if (text !== undefined) return give("string", (text[1] ?? "").replaceAll("''", "'"), text[0]);
  const quoted = take(patterns.quoted);
  if (quoted !== undefined) return give("quoted", (quoted[1] ?? "").replaceAll("``", "`"), quoted[0]);
  const symbol = take(patterns.symbol);
  if (symbol !== undefined) return give("symbol", symbol[0] === "<>" ? "!=" : symbol[0], symbol[0]);
  return undefined;
};

const unreadable = (source: string, offset: number): Problem => {
  const sign = String.fromCodePoint(source.codePointAt(offset) ?? 0);
  if (sign === "'") {
    return {
      code: "QUERY_SYNTAX",
      text: "the string is not closed",
      remedy: "end it with ', and write a quote inside it as ''",
      offset,
    };
  }
  if (sign === "`") {
    return {
      code: "QUERY_SYNTAX",
      text: "the quoted name is empty or not closed",
      remedy: "end it with a backquote",
      offset,
    };
  }
  return {
    code: "QUERY_SYNTAX",
    text: `${JSON.stringify(sign)} has no meaning in a query`,
    remedy:
      sign === '"' ? "write strings in single quotes and names in backquotes" : "take it out, or write it in a string",
    offset,
  };
};

const tooLong = (offset: number): Problem => ({
  code: "QUERY_TOO_COMPLEX",
  text: `the query has more than ${maxTokens} words and signs`,
  remedy: "split it into several queries",
  offset,
});
