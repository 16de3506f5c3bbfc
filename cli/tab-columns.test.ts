import { expect } from "chai";
import { withoutTabs } from "./tab-columns.ts";

const columnOf = (column: number, source: string): number =>
  withoutTabs({ file: "a.proto", line: 1, column }, source).column;

describe("withoutTabs", () => {
  it("counts a tab as one character", () => {
    expect(columnOf(5, "\tstring")).to.equal(2);
    expect(columnOf(5, "  \tstring")).to.equal(4);
    expect(columnOf(9, "\t\tstring")).to.equal(3);
  });

  it("leaves a line without tabs as it is", () => {
    expect(columnOf(3, "  string")).to.equal(3);
  });

  it("leaves a place as it is when there is no source", () => {
    expect(withoutTabs({ file: "a.proto", line: 7, column: 5 }, undefined).column).to.equal(5);
  });
});
