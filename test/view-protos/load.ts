import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import type { DescMessage } from "@bufbuild/protobuf";
import type { MessageFns } from "../../runtime/codec.ts";
import { compileContract } from "../../runtime/contract/compile.ts";
import type { Mistake } from "../../runtime/contract/mistake.ts";
import type { Model } from "../../runtime/contract/model.ts";
import type { MessageType } from "../../runtime/ports.ts";

const run = promisify(execFile);
const home = fileURLToPath(new URL("../..", import.meta.url));
const here = fileURLToPath(new URL(".", import.meta.url));

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
    ["customers", "mistakes"].map((file) => loadModule(`${folder}/view-protos/${file}.ts`)),
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

/**
 * Mocha requires test files and tsx runs them as CommonJS, other callers import them. The generated code has to
 * come the same way: else it has a second copy of the wire library, and a reader of one is none to the other.
 */
const loadModule = async (file: string): Promise<Record<string, unknown>> =>
  typeof require === "function" ? require(file) : await import(pathToFileURL(file).href);

/** A folder named by what it is generated from; another run may make the same one at the same time. */
const generate = async (): Promise<string> => {
  const protos = (await readdir(here)).filter((name) => name.endsWith(".proto")).sort();
  const texts = await Promise.all(protos.map((name) => readFile(`${here}${name}`, "utf8")));
  const template = await readFile(`${home}buf.gen.yaml`, "utf8");
  const annotations = await readFile(`${home}proto/akkaserverless/annotations.proto`, "utf8");
  const hash = createHash("sha256")
    .update(JSON.stringify([protos, texts, template, annotations]))
    .digest("hex");
  const folder = `${home}.tmp/view-protos-${hash.slice(0, 12)}`;
  if (existsSync(folder)) return folder;

  const work = `${folder}-${process.pid}`;
  await mkdir(`${work}/in/view-protos`, { recursive: true });
  await Promise.all(protos.map((name, i) => writeFile(`${work}/in/view-protos/${name}`, texts[i] ?? "")));
  await mkdir(`${work}/in/akkaserverless`);
  await writeFile(`${work}/in/akkaserverless/annotations.proto`, annotations);
  await writeFile(`${work}/buf.yaml`, JSON.stringify({ version: "v2", modules: [{ path: "in" }] }));
  const options = [...template.matchAll(/^ {6}- (\S+)$/gm)].map((match) => match[1] ?? "");
  await writeFile(
    `${work}/buf.gen.yaml`,
    JSON.stringify({
      version: "v2",
      plugins: [
        { local: `${home}node_modules/.bin/protoc-gen-ts_proto`, out: ".", include_imports: true, opt: options },
      ],
    }),
  );
  const buf = `${home}node_modules/.bin/buf`;
  await run(buf, ["generate", "--include-imports", "--include-wkt"], { cwd: work });
  await run(buf, ["build", "--as-file-descriptor-set", "-o", "descriptors.binpb"], { cwd: work });
  await rename(work, folder).catch(async (error: unknown) => {
    if (!existsSync(folder)) throw error;
    await rm(work, { recursive: true });
  });
  return folder;
};
