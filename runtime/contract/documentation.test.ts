import { readFileSync } from "node:fs";
import { expect } from "chai";
import { mistakeTable } from "./codes.ts";
import { knownOptions } from "./rules/known-options.ts";
import { notSupportedYet } from "./rules/not-supported-table.ts";

const text = readFileSync("docs/annotations.md", "utf8");
const rows = [...text.matchAll(/^\| `([^`]+)` +\| (.+?) +\|$/gm)].map(([, name = "", meaning = ""]) => [name, meaning]);

/** An option as the page spells it: `method.view` is `(akkaserverless.method).view`. */
const spelt = (path: string): string => path.replace(/^[a-z_]+/, "(akkaserverless.$&)");

const isNotSupported = (path: string): boolean =>
  Object.keys(notSupportedYet).some((each) => path === each || path.startsWith(`${each}.`));

describe("docs/annotations.md", () => {
  it("lists the codes of mistakes with their meanings", () => {
    expect(rows.filter(([name = ""]) => /^[A-Z_]+$/.test(name))).to.deep.equal(Object.entries(mistakeTable));
  });

  it("lists what is supported and what is not yet, and nothing else", () => {
    const supported = [...knownOptions].filter((path) => !isNotSupported(path));
    const [before = "", after = ""] = text.split("## Not supported yet");
    const optionsIn = (part: string) => [...part.matchAll(/^\| `(\(akkaserverless[^`]+)`/gm)].map(([, name]) => name);
    expect(optionsIn(before)).to.have.members(supported.map(spelt));
    expect(optionsIn(after)).to.have.members(Object.keys(notSupportedYet).map(spelt));
  });
});
