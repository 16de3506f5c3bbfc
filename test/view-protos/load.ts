import { readdir, readFile } from "node:fs/promises";
import type { DescMessage } from "@bufbuild/protobuf";
import type { MessageFns } from "../../runtime/codec.ts";
import { compileContract } from "../../runtime/contract/compile.ts";
import type { Mistake } from "../../runtime/contract/mistake.ts";
import type { Model } from "../../runtime/contract/model.ts";
import type { MessageType } from "../../runtime/ports.ts";
import { generateProtos, loadGenerated } from "../support/generate-protos.ts";

const here = "test/view-protos";

/** The protos of this folder, compiled: their model, and the code that ts-proto generates from them. */
export type ViewProtos = {
  readonly model: Model;
  readonly mistakes: readonly Mistake[];
  readonly message: (name: string) => DescMessage;
  readonly typeOf: (desc: DescMessage) => MessageType;
};

let loaded: Promise<ViewProtos> | undefined;

/** Generates with the project's own options, once for each state of the protos. */
export const loadViewProtos = (): Promise<ViewProtos> => {
  loaded ??= load();
  return loaded;
};

const load = async (): Promise<ViewProtos> => {
  const folder = await generate();
  const { model, mistakes } = compileContract(await readFile(`${folder}/descriptors.binpb`));
  const modules = await Promise.all(
    ["customers", "mistakes"].map((file) => loadGenerated(`${folder}/view-protos/${file}.ts`)),
  );
  const functions = new Map<string, MessageFns>();
  for (const [module, name] of [
    [modules[0], "test.views"],
    [modules[1], "test.mistakes"],
  ] as const) {
    for (const [key, value] of Object.entries(module ?? {})) functions.set(`${name}.${key}`, value as MessageFns);
  }
  return {
    model,
    mistakes,
    message(name) {
      const desc = model.registry.getMessage(name);
      if (desc === undefined) throw new Error(`there is no message ${name}`);
      return desc;
    },
    typeOf(desc) {
      const found = functions.get(desc.typeName);
      if (found === undefined) throw new Error(`nothing is generated for ${desc.typeName}`);
      return { ...found, name: desc.typeName, schema: desc };
    },
  };
};

const generate = async (): Promise<string> => {
  const names = (await readdir(here)).filter((name) => name.endsWith(".proto")).sort();
  const texts = names.map(async (name) => [`view-protos/${name}`, await readFile(`${here}/${name}`, "utf8")] as const);
  return generateProtos("view-protos", new Map(await Promise.all(texts)));
};
