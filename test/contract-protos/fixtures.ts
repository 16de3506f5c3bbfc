import { readdirSync } from "node:fs";
import { join } from "node:path";
import { buildProtos } from "../../cli/build-protos.ts";
import { readProtoFolder } from "../../cli/proto-folder.ts";
import { compileContract } from "../../runtime/contract/compile.ts";

const home = "test/contract-protos";

/** The protos of seed 004, which the example has. */
export const customerRegistry = "../../examples/customer-registry/proto";

/** The path of a fixture's folder. */
export const fixturePath = (name: string): string => join(home, name);

/** Names of the fixtures that hold the mistakes of one rule each. */
export const ruleFixtures = (): readonly string[] =>
  readdirSync(home)
    .filter((name) => name.startsWith("rule-"))
    .sort();

/** The descriptor set of a fixture that is known to build, with its texts changed. */
export const buildFixture = async (name: string, change = (text: string) => text): Promise<Uint8Array> => {
  const texts = [...(await readProtoFolder(fixturePath(name)))];
  const built = await buildProtos(new Map(texts.map(([file, text]) => [file, change(text)])));
  if ("mistakes" in built) throw new Error(`fixture ${name} does not build: ${JSON.stringify(built.mistakes)}`);
  return built.bytes;
};

/** What the contract of a fixture compiles to. */
export const compileFixture = async (name: string) => compileContract(await buildFixture(name));

/**
 * Mistakes that a fixture's comments announce. A comment line `//   ^ CODE` says that the line above,
 * not counting other such comments, has that mistake where the caret points.
 */
export const announcedMistakes = async (name: string): Promise<readonly string[]> => {
  const announced: string[] = [];
  for (const text of (await readProtoFolder(fixturePath(name))).values()) {
    let above = 0;
    for (const [index, line] of text.split("\n").entries()) {
      const [, before, code] = /^(\/\/ *)\^ ([A-Z_]+)$/.exec(line) ?? [];
      if (before === undefined) above = index + 1;
      else announced.push(`${code} ${above}:${before.length + 1}`);
    }
  }
  return announced;
};
