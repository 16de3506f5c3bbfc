import type { Mistake } from "./mistake.ts";

/** Gives the text of a proto file, or `undefined` where it cannot be had. */
export type ReadSource = (file: string) => string | undefined;

/** Orders mistakes as a reader meets them: by file, line, column, place in a query, then code. */
export const byPlace = (a: Mistake, b: Mistake): number =>
  compareText(a.location.file, b.location.file) ||
  a.location.line - b.location.line ||
  a.location.column - b.location.column ||
  (a.excerpt?.offset ?? 0) - (b.excerpt?.offset ?? 0) ||
  compareText(a.code, b.code);

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** A line and a caret under one of its characters; tabs stay tabs, so that both lines are indented alike. */
const withCaret = (line: string, column: number): readonly string[] => {
  const before = line.slice(0, column - 1).replace(/[^\t]/g, " ");
  return [`    ${line}`, `    ${before}^`];
};

const excerptLines = ({ source, offset }: NonNullable<Mistake["excerpt"]>): readonly string[] => {
  const start = offset === 0 ? 0 : source.lastIndexOf("\n", offset - 1) + 1;
  const end = source.indexOf("\n", offset);
  return withCaret(source.slice(start, end === -1 ? undefined : end), offset - start + 1);
};

const sourceLines = ({ location }: Mistake, readSource: ReadSource): readonly string[] => {
  const line = readSource(location.file)?.split(/\r?\n/)[location.line - 1];
  return line === undefined ? [] : withCaret(line, location.column);
};

/**
 * A mistake as text of several lines: code and place, what is wrong, the line with a caret, and the
 * remedy. An excerpt, such as a query, is shown in place of the line.
 */
export const printMistake = (mistake: Mistake, readSource: ReadSource = () => undefined): string => {
  const { file, line, column } = mistake.location;
  return [
    `${mistake.code} ${file}:${line}:${column}`,
    `  ${mistake.text}`,
    ...(mistake.excerpt ? excerptLines(mistake.excerpt) : sourceLines(mistake, readSource)),
    `  ${mistake.remedy}`,
    "",
  ].join("\n");
};
