import { expect } from "chai";
import type { Mistake } from "./mistake.ts";
import { byPlace, printMistake } from "./report.ts";

const mistake = (line: number, column: number, more: Partial<Mistake> = {}): Mistake => ({
  code: "SOME_CODE",
  location: { file: "a.proto", line, column },
  text: "it is wrong.",
  remedy: "Put it right.",
  ...more,
});

describe("printMistake", () => {
  it("shows the source line with a caret", () => {
    expect(printMistake(mistake(2, 3), () => "one\r\ntwo three\r\n")).to.equal(
      "SOME_CODE a.proto:2:3\n  it is wrong.\n    two three\n      ^\n  Put it right.\n",
    );
  });

  it("leaves the line out when there is no source", () => {
    expect(printMistake(mistake(2, 3))).to.equal("SOME_CODE a.proto:2:3\n  it is wrong.\n  Put it right.\n");
    expect(printMistake(mistake(9, 1), () => "one\n")).to.equal(printMistake(mistake(9, 1)));
  });

  it("shows the line of an excerpt in place of the source line", () => {
    const excerpt = { source: "SELECT *\n\tFROM usrs\nLIMIT 1", offset: 15 };
    expect(printMistake(mistake(2, 3, { excerpt }), () => "one\ntwo\n")).to.include(
      "  it is wrong.\n    \tFROM usrs\n    \t     ^\n  Put it right.\n",
    );
  });

  it("shows an excerpt's first and last character", () => {
    expect(printMistake(mistake(1, 1, { excerpt: { source: "SELECT", offset: 0 } }))).to.include("    SELECT\n    ^\n");
    expect(printMistake(mistake(1, 1, { excerpt: { source: "a\nb", offset: 3 } }))).to.include("    b\n     ^\n");
    expect(printMistake(mistake(1, 1, { excerpt: { source: "\nb", offset: 0 } }))).to.include("    \n    ^\n");
  });
});

describe("byPlace", () => {
  it("orders the mistakes of one query as they stand in it", () => {
    const source = "SELECT * FROM t WHERE b = 1 AND a = 2";
    const first = mistake(1, 1, { code: "Z_CODE", excerpt: { source, offset: 22 } });
    const second = mistake(1, 1, { code: "A_CODE", excerpt: { source, offset: 32 } });
    expect([second, first].sort(byPlace)).to.deep.equal([first, second]);
  });

  it("orders by file, line, column and code", () => {
    const later = mistake(1, 1, { location: { file: "b.proto", line: 1, column: 1 } });
    const coded = mistake(10, 1, { code: "A_CODE" });
    const list = [later, mistake(10, 1), mistake(2, 30), mistake(2, 4), coded];
    expect(list.sort(byPlace)).to.deep.equal([mistake(2, 4), mistake(2, 30), coded, mistake(10, 1), later]);
  });
});
