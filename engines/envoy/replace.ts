import { EngineError } from "../engine-error.ts";

export type Replacement = readonly [from: string, to: string];

/** Replaces in one pass, so that what one puts in another never takes for its own. Each must occur exactly once. */
export const replaceEach = (name: string, text: string, replacements: readonly Replacement[]): string => {
  const found = replacements.map(([from, to]) => {
    const at = text.indexOf(from);
    if (at < 0 || text.indexOf(from, at + 1) >= 0) {
      const found = at < 0 ? "not there" : "there more than once";
      throw new EngineError("INVALID_FILE", `${name} must have ${from} exactly once, but it is ${found}.`);
    }
    return { at, end: at + from.length, to };
  });
  found.sort((a, b) => a.at - b.at);
  let result = "";
  let done = 0;
  for (const { at, end, to } of found) {
    result += text.slice(done, at) + to;
    done = end;
  }
  return result + text.slice(done);
};
