import { readFileSync } from "node:fs";
import { expect } from "chai";

const read = (path: string): string => readFileSync(path, "utf8");
/** Without the indentation, which is another where the code stands. */
const plain = (text: string): string => text.replace(/^ +/gm, "").trim();

describe("docs/handlers.md", () => {
  const snippets = [...read("docs/handlers.md").matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, text = ""]) => text);
  const code = plain(read("test/orders/components.ts"));

  it("shows code that the tests run", () => {
    expect(snippets).to.have.length.above(4);
    for (const snippet of snippets) expect(code).to.contain(plain(snippet));
  });
});
