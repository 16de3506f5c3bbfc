import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { withProvided } from "../../cli/provided-protos.ts";

const run = promisify(execFile);
const home = fileURLToPath(new URL("../..", import.meta.url));

/**
 * The folder of what the project's own options generate from these protos, by their paths, and `descriptors.binpb`.
 * It is named by what it is made from; another run may make the same one at the same time.
 */
export const generateProtos = async (name: string, protos: ReadonlyMap<string, string>): Promise<string> => {
  const template = await readFile(`${home}buf.gen.yaml`, "utf8");
  const files = withProvided(protos);
  const hash = createHash("sha256")
    .update(JSON.stringify([[...files], template]))
    .digest("hex");
  const folder = `${home}.tmp/${name}-${hash.slice(0, 12)}`;
  if (existsSync(folder)) return folder;

  const work = `${folder}-${process.pid}`;
  for (const [file, text] of files) {
    await mkdir(path.dirname(`${work}/in/${file}`), { recursive: true });
    await writeFile(`${work}/in/${file}`, text);
  }
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

/**
 * Mocha requires test files and tsx runs them as CommonJS, other callers import them. The generated code has to
 * come the same way: else it has a second copy of the wire library, and a reader of one is none to the other.
 */
export const loadGenerated = async (file: string): Promise<Record<string, unknown>> =>
  typeof require === "function" ? require(file) : await import(pathToFileURL(file).href);
