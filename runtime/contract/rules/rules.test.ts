import { expect } from "chai";
import { readProtoFolder } from "../../../cli/proto-folder.ts";
import { withoutTabs } from "../../../cli/tab-columns.ts";
import {
  announcedMistakes,
  buildFixture,
  compileFixture,
  fixturePath,
  ruleFixtures,
} from "../../../test/contract-protos/fixtures.ts";
import { mistakeTable } from "../codes.ts";
import { compileContract } from "../compile.ts";
import { declare } from "../declare.ts";
import { readDescriptors } from "../descriptors.ts";
import { handlersRule } from "./handlers.ts";

/** Codes that no rule gives: they are about files that cannot be read at all, and about the environment of a start. */
const givenElsewhere = [
  "PROTO_INVALID",
  "IMPORT_MISSING",
  "ANNOTATIONS_MIXED",
  "DESCRIPTORS_UNREADABLE",
  "TOPIC_VARIABLE_UNSET",
];

const found = async (name: string): Promise<readonly string[]> => {
  const sources = await readProtoFolder(fixturePath(name));
  const { mistakes } = await compileFixture(name);
  return mistakes.map(({ code, location }) => {
    const { line, column } = withoutTabs(location, sources.get(location.file));
    return `${code} ${line}:${column}`;
  });
};

describe("rules of the contract", () => {
  for (const name of ruleFixtures()) {
    it(`find what the comments of ${name} announce, and nothing else`, async () => {
      expect(await found(name)).to.have.members([...(await announcedMistakes(name))]);
    });
  }

  it("are each met by a fixture", async () => {
    const announced = await Promise.all(ruleFixtures().map(announcedMistakes));
    const codes = new Set(announced.flat().map((each) => each.split(" ")[0]));
    expect(Object.keys(mistakeTable).filter((code) => !codes.has(code))).to.have.members(givenElsewhere);
  });

  it("say what is wrong in a sentence and what to do in another", async () => {
    for (const name of ruleFixtures()) {
      for (const { text, remedy } of (await compileFixture(name)).mistakes) {
        expect(text).to.match(/\.$/);
        expect(remedy).to.match(/^[A-Z].*\.$/);
      }
    }
  });

  it("are the same for the successor's annotations, and their remedies spell those", async () => {
    for (const name of ["rule-service-type", "rule-entity-methods"]) {
      const spelled = await buildFixture(name, (text) => text.replaceAll("akkaserverless", "kalix"));
      const { mistakes } = compileContract(spelled);
      expect(mistakes.map(({ code }) => code)).to.deep.equal(
        (await compileFixture(name)).mistakes.map(({ code }) => code),
      );
      const remedies = mistakes.map(({ remedy }) => remedy).join("\n");
      expect(remedies).to.contain("(kalix.").and.not.contain("akkaserverless");
    }
  });

  it("are functions of the declarations alone", async () => {
    const contract = declare(readDescriptors(await buildFixture("rule-handlers")));
    expect(handlersRule(contract)).to.deep.equal(handlersRule(contract));
    expect(handlersRule({ ...contract, services: [] })).to.deep.equal([]);
  });
});
