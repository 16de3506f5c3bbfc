import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import { expect } from "chai";
import fc from "fast-check";
import { TextReader } from "./text-reader.ts";

/** Texts that fall into few slots, so that each meets what others left there. */
const text = fc.oneof(
  fc.string({ maxLength: 40, unit: "binary" }),
  fc.string({ maxLength: 4, unit: fc.constantFrom("a", "b", "é", "\u0080", "日") }),
  fc.constantFrom("rider-1/phone", "rider-2/phone", "\u00e9", "é", "\ufeffx"),
);

describe("TextReader", () => {
  it("reads the texts that were written, whatever was read before", () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 30 }), (texts) => {
        const writer = new BinaryWriter();
        for (const each of texts) writer.string(each);
        const reader = new TextReader(writer.finish());
        expect(texts.map(() => reader.string())).to.deep.equal(texts);
        expect(reader.pos).to.equal(reader.len);
      }),
      { numRuns: 300 },
    );
  });

  it("throws where the library's reader does, on bytes that are no text", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 12 }), (bytes) => {
        const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
        const expected = outcomeOf(() => new BinaryReader(bytes, (part) => strict.decode(part)).string());
        expect(outcomeOf(() => new TextReader(bytes).string())).to.equal(expected);
      }),
      { numRuns: 1000 },
    );
    new TextReader(Uint8Array.of(1, 0x65)).string();
    expect(() => new TextReader(Uint8Array.of(1, 0xe9)).string()).to.throw();
  });
});

const outcomeOf = (read: () => string): string => {
  try {
    return `text ${read()}`;
  } catch {
    return "refused";
  }
};
