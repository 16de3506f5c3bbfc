/** `%` stands for any text, `_` for one character, a code point; nothing escapes them. */
const wildcard = /[%_]/u;

/** Characters of a pattern: MongoDB fails on a regular expression that is far longer, or gives no answer in time. */
export const maxPattern = 1000;

/** How many characters a pattern has; `undefined` when they are not too many. */
export const excessiveLength = (pattern: string): number | undefined => {
  // A character is one or two code units.
  const length = pattern.length > maxPattern ? [...pattern].length : 0;
  return length > maxPattern ? length : undefined;
};

/** The text before the first wildcard. */
export const fixedStart = (pattern: string): string => {
  const at = pattern.search(wildcard);
  return at < 0 ? pattern : pattern.slice(0, at);
};

/** The text after the last wildcard. */
export const fixedEnd = (pattern: string): string =>
  pattern.slice(Math.max(pattern.lastIndexOf("%"), pattern.lastIndexOf("_")) + 1);

export const hasWildcard = (pattern: string): boolean => wildcard.test(pattern);

/** The characters from last to first. */
export const reversed = (text: string): string => [...text].reverse().join("");

/**
 * Whether a text matches the pattern as a whole. What stands between two `%` is found at its first place, which is
 * as good as any later one, so the work is bounded by the product of both lengths.
 */
export const createLike = (pattern: string): ((text: string) => boolean) => {
  const parts = pattern.split("%").map((part) => [...part]);
  const first = parts[0] ?? [];
  const last = parts[parts.length - 1] ?? [];
  const between = parts.slice(1, -1);
  return (text) => {
    const characters = [...text];
    if (parts.length === 1) return characters.length === first.length && matchesAt(characters, 0, first);
    const end = characters.length - last.length;
    if (end < first.length || !matchesAt(characters, 0, first) || !matchesAt(characters, end, last)) return false;
    let at = first.length;
    for (const part of between) {
      while (at + part.length <= end && !matchesAt(characters, at, part)) at += 1;
      if (at + part.length > end) return false;
      at += part.length;
    }
    return true;
  };
};

const matchesAt = (characters: readonly string[], at: number, part: readonly string[]): boolean =>
  part.every((character, i) => character === "_" || character === characters[at + i]);
