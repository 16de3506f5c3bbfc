import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { runTool } from "../../test/support/run-tool.ts";

const page = readFileSync("docs/testing.md", "utf8");

/** The page's files, with what follows a file that fails. */
const files = [...page.matchAll(/```ts ?(\w*)\n([\s\S]+?)\n```(?:\n\n```diff\n([\s\S]+?)\n```)?/g)].map(
  ([, kind = "", text = "", difference], i) => ({ name: `example-${i}.test.ts`, kind, text, difference }),
);

/** What the page's example of events is about. */
const journal = `
import { customerJournal } from "../examples/customer-registry/customer-journal.ts";
import { service } from "../examples/customer-registry/service.ts";
import { specify } from "../runtime/testkit/index.ts";
import { registryDescriptors } from "../test/customers/registry.ts";

const customer = customerJournal();
const { given } = specify(service(registryDescriptors));
`;

const folder = ".tmp/docs-testing";

type Report = {
  readonly passes: readonly unknown[];
  readonly failures: readonly { readonly title: string; readonly err: { readonly message: string } }[];
};

describe("docs/testing.md", function () {
  this.timeout(60_000);

  before(() => {
    mkdirSync(folder, { recursive: true });
    for (const { name, kind, text } of files) {
      const source = kind === "journal" ? `${journal}\n${text}` : text;
      writeFileSync(`${folder}/${name}`, source.replaceAll('from "../', 'from "../../'));
    }
    writeFileSync(`${folder}/tsconfig.json`, JSON.stringify({ extends: "../../tsconfig.json", include: ["*.ts"] }));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("shows files that compile", async () => {
    const { out } = await runTool("node_modules/.bin/tsc", ["-p", `${folder}/tsconfig.json`]);
    expect(out).to.equal("");
  });

  it("shows tests that pass, and one that fails as the page says", async () => {
    const { out, err } = await runTool("node_modules/.bin/mocha", ["--reporter", "json", `${folder}/*.test.ts`]);
    expect(err).to.equal("");
    const { passes, failures } = JSON.parse(out) as Report;
    const failing = files.filter(({ kind }) => kind === "fails");
    expect(failures.map(({ err: { message } }) => message.trim())).to.deep.equal(
      failing.map((file) => file.difference),
    );
    const all = page.match(/^ *it\(/gm)?.length ?? 0;
    expect(passes).to.have.length(all - failing.length);
  });
});
