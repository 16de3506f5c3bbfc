import { expect } from "chai";
import fc from "fast-check";
import { compareValues } from "./value.ts";

describe("compareValues", () => {
  /** Letters of which UTF-8 and UTF-16 have other orders are rare among all. */
  const letter = fc.oneof(
    fc.constantFrom("a", "b", "\u07ff", "\ud7ff", "\ue000", "\uffff", "\u{10000}", "\u{10ffff}", "\u{1f600}"),
    fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
  );
  const text = fc.array(letter, { maxLength: 5 }).map((letters) => letters.join(""));

  it("orders texts as their UTF-8 bytes", () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareValues(a, b))).to.equal(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
      { numRuns: 5000 },
    );
  });

  it("orders numbers by size, false before true, and bytes as bytes", () => {
    expect(compareValues(-1n, 2n)).to.be.lessThan(0);
    expect(compareValues(2.5, -1)).to.be.greaterThan(0);
    expect(compareValues(false, true)).to.be.lessThan(0);
    expect(compareValues(Uint8Array.of(1, 200), Uint8Array.of(1, 3))).to.be.greaterThan(0);
  });
});
