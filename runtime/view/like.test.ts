import { expect } from "chai";
import fc from "fast-check";
import { createLike, fixedEnd, fixedStart, reversed } from "./like.ts";

const characters = ["%", "_", "a", "b", ".", "\u{1F600}"];
const patterns = fc.array(fc.constantFrom(...characters), { maxLength: 8 }).map((each) => each.join(""));
const texts = fc.array(fc.constantFrom(...characters, "\n"), { maxLength: 8 }).map((each) => each.join(""));

/** What a pattern means, said with a regular expression. */
const asRegExp = (pattern: string): RegExp => {
  const parts = [...pattern].map((each) => (each === "%" ? ".*" : each === "_" ? "." : each.replace(".", "\\.")));
  return new RegExp(`^${parts.join("")}$`, "su");
};

describe("createLike", () => {
  it("matches what the pattern means", () => {
    fc.assert(
      fc.property(patterns, texts, (pattern, text) => {
        expect(createLike(pattern)(text)).to.equal(asRegExp(pattern).test(text));
      }),
      { numRuns: 2000 },
    );
  });

  it("ends in time on patterns that make a search go back", () => {
    expect(createLike(`${"%a".repeat(200)}%b`)("a".repeat(2000))).to.equal(false);
  });

  it("begins and ends with its fixed text, whatever it matches", () => {
    fc.assert(
      fc.property(patterns, texts, (pattern, text) => {
        if (!createLike(pattern)(text)) return;
        expect(text.startsWith(fixedStart(pattern))).to.equal(true);
        expect(reversed(text).startsWith(reversed(fixedEnd(pattern)))).to.equal(true);
      }),
    );
  });
});
