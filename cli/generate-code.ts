import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { projectRoot } from "../engines/project-root.ts";
import type { Mistake } from "../runtime/contract/mistake.ts";
import { BadCall } from "./bad-call.ts";
import { buildIn, runBuf, withProtoFolder } from "./build-protos.ts";
import { mendCode } from "./mend-code.ts";

const require = createRequire(import.meta.url);

/** Only annotations import these, and no code of ours needs them. */
const unused = ["akkaserverless", "kalix", "google/protobuf/descriptor.ts"];

/** All of google/api is for annotations, but the body that a method may take or answer. */
const removeUnused = async (folder: string): Promise<void> => {
  const googleApi = path.join(folder, "google/api");
  const names = await readdir(googleApi);
  const body = "httpbody.ts";
  const ofApi = names.includes(body)
    ? names.filter((name) => name !== body).map((name) => `google/api/${name}`)
    : ["google/api"];
  for (const name of [...unused, ...ofApi]) await rm(path.join(folder, name), { recursive: true, force: true });
};

/**
 * Writes what the project's own options generate from proto texts, keyed by import path, into a folder that it makes
 * anew: a TypeScript file for each, and `descriptors.binpb`. Nothing is written when there are mistakes.
 */
export const generateCode = (
  sources: ReadonlyMap<string, string>,
  folder: string,
): Promise<{ readonly mistakes: readonly Mistake[] }> =>
  withProtoFolder(sources, async (protos) => {
    const built = await buildIn(protos, sources);
    if ("mistakes" in built) return built;
    await rm(folder, { recursive: true, force: true });
    const template = await templateFor(folder);
    const made = await runBuf(protos, ["generate", "--include-imports", "--include-wkt", "--template", template]);
    if (!made.ok) throw new BadCall(`buf cannot generate code: ${made.output.trim()}`);
    await removeUnused(folder);
    await mendCode(folder);
    await writeFile(path.join(folder, "descriptors.binpb"), built.bytes);
    return { mistakes: [] };
  });

/** The options of buf.gen.yaml; only where things are is told anew. */
const templateFor = async (folder: string): Promise<string> => {
  const ours = await readFile(path.join(projectRoot(), "buf.gen.yaml"), "utf8");
  const opt = [...ours.matchAll(/^ {6}- (\S+)$/gm)].map((match) => match[1] ?? "");
  const plugin = [process.execPath, require.resolve("ts-proto/protoc-gen-ts_proto")];
  return JSON.stringify({ version: "v2", plugins: [{ local: plugin, out: path.resolve(folder), opt }] });
};
