import { expect } from "chai";
import { tokenize } from "./lexer.ts";

const words = (source: string): string[] => {
  const outcome = tokenize(source);
  if (outcome.kind === "problems") return outcome.problems.map(({ text, offset }) => `${offset}: ${text}`);
  return outcome.value.map(({ kind, text }) => `${kind} ${text}`.trim());
};

describe("tokenize", () => {
  it("tells names, numbers, strings and signs apart", () => {
    expect(words("a<=-1.5e3 AND\n\t:b.`c``d`!='it''s'")).to.deep.equal([
      "name a",
      "symbol <=",
      "decimal -1.5e3",
      "name AND",
      "symbol :",
      "name b",
      "symbol .",
      "quoted c`d",
      "symbol !=",
      "string it's",
      "end",
    ]);
  });

  it("keeps hyphens inside names", () => {
    expect(words("my-own--table -5")).to.deep.equal(["name my-own--table", "integer -5", "end"]);
  });

  it("says where a sign has no meaning", () => {
    expect(words("a = ;")).to.deep.equal(['4: ";" has no meaning in a query']);
    expect(words("a = 'open")).to.deep.equal(["4: the string is not closed"]);
    expect(words("a = `` ")).to.deep.equal(["4: the quoted name is empty or not closed"]);
  });

  it("reads a long string without a deep stack", () => {
    expect(words(`'${"''x".repeat(200_000)}'`)).to.have.length(2);
  });

  it("refuses more words than any query has", () => {
    expect(words("a ".repeat(10_001))[0]).to.contain("more than 10000 words");
  });
});
