import { expect } from "chai";
import fc from "fast-check";
import { textRange } from "./text-range.ts";
import { compareValues } from "./value.ts";

const characters = ["a", "b", "\u{D7FF}", "\u{E000}", "\u{FFFF}", "\u{10000}", "\u{10FFFF}"];
const texts = fc.array(fc.constantFrom(...characters), { maxLength: 4 }).map((each) => each.join(""));

describe("textRange", () => {
  it("holds exactly the texts that begin so, by the order of UTF-8 bytes", () => {
    fc.assert(
      fc.property(texts, texts, (prefix, text) => {
        const operand = { kind: "literal", value: prefix } as const;
        const range = textRange({ kind: "startsWith", column: "c", prefix: operand, isNegated: false }, {});
        const isInside =
          range !== undefined &&
          compareValues(text, range.from) >= 0 &&
          (range.to === undefined || compareValues(text, range.to) < 0);
        expect(isInside).to.equal(text.startsWith(prefix));
      }),
      { numRuns: 2000 },
    );
  });

  it("takes a pattern of the request by the end that is fixed", () => {
    const range = (value: string, side: "start" | "end") =>
      textRange({ kind: "likeRange", column: "c", pattern: { kind: "literal", value }, side }, {});
    expect(range("ab%", "start")).to.deep.equal({ from: "ab", to: "ac" });
    expect(range("ab%", "end")).to.equal(undefined);
    expect(range("%ab", "start")).to.equal(undefined);
    expect(range("%ab", "end")).to.deep.equal({ from: "ba", to: "bb" });
    expect(range("ab", "start")).to.deep.equal({ from: "ab", to: "ab\0" });
    expect(() => range("%a%", "end")).to.throw("begins and ends with a wildcard");
  });
});
