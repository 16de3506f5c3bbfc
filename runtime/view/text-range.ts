import type { Message } from "../codec.ts";
import { MeshError } from "../errors.ts";
import { fixedEnd, fixedStart, hasWildcard, reversed } from "./like.ts";
import { operandValue } from "./parameters.ts";
import type { Operand, Predicate } from "./plan.ts";

/** Texts from `from` on, and before `to` if there is an end. */
export type TextRange = { readonly from: string; readonly to: string | undefined };

type RangePredicate = Predicate & { readonly kind: "startsWith" | "likeRange" };

/**
 * The texts that a predicate's stretch of an index holds, for a request; `undefined` for none. Throws INVALID_FIELD on
 * a pattern that has wildcards at both ends, which no index serves.
 */
export const textRange = (predicate: RangePredicate, request: Message): TextRange | undefined => {
  if (predicate.kind === "startsWith") {
    const prefix = operandValue(predicate.prefix, request);
    return typeof prefix === "string" ? rangeOf(prefix) : undefined;
  }
  const pattern = operandValue(predicate.pattern, request);
  if (typeof pattern !== "string") return undefined;
  const start = fixedStart(pattern);
  if (predicate.side === "start") {
    if (!hasWildcard(pattern)) return { from: pattern, to: `${pattern}\0` };
    return start === "" ? undefined : rangeOf(start);
  }
  if (start !== "" || pattern === "") return undefined;
  const end = fixedEnd(pattern);
  if (end === "") throw unboundedPattern(predicate.pattern, pattern);
  return rangeOf(reversed(end));
};

const rangeOf = (start: string): TextRange => ({ from: start, to: endOf(start) });

const lastCodePoint = 0x10ffff;

/** The first text, by bytes of UTF-8, behind all that begin with `start`; `undefined` when there is none. */
const endOf = (start: string): string | undefined => {
  const characters = [...start];
  for (let last = characters.pop(); last !== undefined; last = characters.pop()) {
    const code = last.codePointAt(0) ?? lastCodePoint;
    if (code === lastCodePoint) continue;
    // Surrogates are no characters of their own.
    return characters.join("") + String.fromCodePoint(code === 0xd7ff ? 0xe000 : code + 1);
  }
  return undefined;
};

const unboundedPattern = (operand: Operand, pattern: string): MeshError => {
  const field = operand.kind === "parameter" ? operand.parameter.name : "LIKE";
  return new MeshError(
    "INVALID_FIELD",
    `"${field}" is the pattern ${JSON.stringify(pattern)}, which begins and ends with a wildcard, so no index leads to its rows; send one that begins or ends with text`,
    { fields: [{ field, description: "must begin or end with text that is no wildcard" }] },
  );
};
