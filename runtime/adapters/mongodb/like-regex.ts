import { BSONRegExp } from "mongodb";

/**
 * A LIKE pattern as a regular expression for MongoDB's PCRE. Each text between two `%` is taken at its first place
 * and never looked for again (an atomic group): without that some patterns need a time that no bound holds.
 */
export const likeRegex = (pattern: string): BSONRegExp => {
  const [first = "", ...rest] = pattern.split("%").map(partRegex);
  const last = rest.pop();
  if (last === undefined) return new BSONRegExp(`\\A${first}\\z`, "s");
  const between = rest.filter((part) => part !== "").map((part) => `(?>.*?${part})`);
  return new BSONRegExp(`\\A${first}${between.join("")}.*${last}\\z`, "s");
};

/** One character, a code point, for `_`, many of them in one step; everything else is itself. */
const partRegex = (part: string): string =>
  part.replaceAll(/_+|[^_\p{L}\p{N}\s]/gu, (found) => {
    if (!found.startsWith("_")) return `\\${found}`;
    return found.length === 1 ? "." : `.{${found.length}}`;
  });
