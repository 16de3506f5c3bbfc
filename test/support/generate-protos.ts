import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, rename, rm } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { generateCode } from "../../cli/generate-code.ts";
import { withProvided } from "../../cli/provided-protos.ts";

const home = fileURLToPath(new URL("../..", import.meta.url));

/**
 * The folder of what the project's own options generate from these protos, by their paths, and `descriptors.binpb`.
 * It is named by what it is made from; another run may make the same one at the same time.
 */
export const generateProtos = async (name: string, protos: ReadonlyMap<string, string>): Promise<string> => {
  const making = ["buf.gen.yaml", "cli/generated-maps.ts"];
  const texts = await Promise.all(making.map((file) => readFile(`${home}${file}`, "utf8")));
  const files = withProvided(protos);
  const hash = createHash("sha256")
    .update(JSON.stringify([[...files], texts]))
    .digest("hex");
  const folder = `${home}.tmp/${name}-${hash.slice(0, 12)}`;
  if (existsSync(folder)) return folder;

  const work = `${folder}-${process.pid}`;
  const { mistakes } = await generateCode(protos, work);
  if (mistakes.length > 0) throw new Error(mistakes.map(({ text }) => text).join("\n"));
  await rename(work, folder).catch(async (error: unknown) => {
    if (!existsSync(folder)) throw error;
    await rm(work, { recursive: true });
  });
  return folder;
};

/**
 * Mocha requires test files and tsx runs them as CommonJS, other callers import them. The generated code has to
 * come the same way: else it has a second copy of the wire library, and a reader of one is none to the other.
 */
export const loadGenerated = async (file: string): Promise<Record<string, unknown>> =>
  typeof require === "function" ? require(file) : await import(pathToFileURL(file).href);
