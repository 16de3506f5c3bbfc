import { expect } from "chai";
import { bufMistakes } from "./buf-mistakes.ts";

const error = (line: number, column: number, message: string): string =>
  JSON.stringify({ path: "a.proto", start_line: line, start_column: column, type: "COMPILE", message });

describe("bufMistakes", () => {
  it("orders errors by place and passes other lines over", () => {
    const output = `${error(9, 1, "second")}\nFailure: see above\n${error(2, 3, "first")}\n`;
    expect(bufMistakes(output, new Map()).map(({ text }) => text)).to.deep.equal(["first.", "second."]);
  });

  it("counts columns in characters", () => {
    const sources = new Map([["a.proto", "/* äöü */ strin x = 1;"]]);
    expect(bufMistakes(error(1, 14, "no strin"), sources)[0]?.location.column).to.equal(11);
  });

  it("tells a missing import by a code of its own", () => {
    const [mistake] = bufMistakes(error(1, 1, "imported file does not exist"), new Map());
    expect(mistake?.code).to.equal("IMPORT_MISSING");
  });
});
