import { readFileSync } from "node:fs";
import { expect } from "chai";

const read = (path: string): string => readFileSync(path, "utf8");
const unindented = (text: string): string => text.replace(/^ +/gm, "");

describe("docs/replicated-entities.md", () => {
  it("shows an entity of each kind as the tests run it", () => {
    const page = read("docs/replicated-entities.md");
    const sources = {
      proto: unindented(read("test/replicated/replicated.proto")),
      ts: unindented(read("test/replicated/entities.ts")),
    };
    const blocks = [...page.matchAll(/^```(proto|ts)\n(.+?)^```$/gms)];
    for (const [, language, block = ""] of blocks) {
      expect(sources[language as keyof typeof sources]).to.include(unindented(block).trim());
    }
    const kinds = sources.ts.match(/^const \w+ = replicated\w+\(/gm) ?? [];
    expect(blocks).to.have.length(2 * kinds.length);
    expect(kinds).to.have.length(8);
  });
});
