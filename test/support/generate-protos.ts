import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { generateCode } from "../../cli/generate-code.ts";
import { withProvided } from "../../cli/provided-protos.ts";
import { projectRoot } from "../../engines/project-root.ts";
import { runTool } from "./run-tool.ts";

const root = projectRoot();

/** What the code of a folder is made by. */
const makers = ["buf.gen.yaml", "cli/generated-fields.ts", "cli/generated-maps.ts", "test/support/generate-protos.ts"];

/**
 * The folder of what the project's own options generate from these protos, by their paths, and `descriptors.binpb`.
 * It is named by what it is made from; another run may make the same one at the same time.
 */
export const generateProtos = async (name: string, protos: ReadonlyMap<string, string>): Promise<string> => {
  const texts = await Promise.all(makers.map((file) => readFile(join(root, file), "utf8")));
  const files = withProvided(protos);
  const hash = createHash("sha256")
    .update(JSON.stringify([[...files], texts]))
    .digest("hex");
  const folder = join(root, ".tmp", `${name}-${hash.slice(0, 12)}`);
  if (existsSync(folder)) return folder;

  const work = `${folder}-${process.pid}`;
  const { mistakes } = await generateCode(protos, work);
  if (mistakes.length > 0) throw new Error(mistakes.map(({ text }) => text).join("\n"));
  await compileGenerated(work);
  await rename(work, folder).catch(async (error: unknown) => {
    if (!existsSync(folder)) throw error;
    await rm(work, { recursive: true });
  });
  return folder;
};

/** For tests that run compiled: beside each file what it compiles to. */
export const compileGenerated = async (folder: string): Promise<void> => {
  const compilerOptions = { rootDir: ".", outDir: ".", noCheck: true };
  const config = { extends: join(root, "tsconfig.build.json"), compilerOptions, include: ["**/*.ts"], exclude: [] };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
  const { code, out } = await runTool(join(root, "node_modules", ".bin", "tsc"), ["-p", folder]);
  if (code !== 0) throw new Error(out);
};

const isCompiled = import.meta.url.endsWith(".js");

/**
 * Generated code has to come the way the test files come, else it has a second copy of the wire library, and a reader of
 * one is none to the other. Compiled files are modules; what mocha requires, tsx runs as CommonJS.
 */
export const loadGenerated = async (file: string): Promise<Record<string, unknown>> => {
  if (isCompiled) return import(pathToFileURL(file.replace(/\.ts$/, ".js")).href);
  return typeof require === "function" ? require(file) : await import(pathToFileURL(file).href);
};
