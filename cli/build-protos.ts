import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Mistake } from "../runtime/contract/mistake.ts";
import { BadCall } from "./bad-call.ts";
import { bufMistakes } from "./buf-mistakes.ts";
import { mixedAnnotations } from "./mixed-annotations.ts";
import { withProvided } from "./provided-protos.ts";

const require = createRequire(import.meta.url);

const put = async (target: string, text: string): Promise<void> => {
  await mkdir(path.dirname(target), { recursive: true });
  await writeFile(target, text);
};

const layOut = async (folder: string, sources: ReadonlyMap<string, string>): Promise<void> => {
  for (const [name, text] of withProvided(sources)) await put(path.join(folder, name), text);
};

/** Lays the texts out, with the files that they may import without holding them, in a folder that is there meanwhile. */
export const withProtoFolder = async <T>(
  sources: ReadonlyMap<string, string>,
  work: (protos: string) => Promise<T>,
): Promise<T> => {
  const folder = await mkdtemp(path.join(tmpdir(), "rollcall-protos-"));
  try {
    const protos = path.join(folder, "protos");
    await layOut(protos, sources);
    return await work(protos);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

type Run = { readonly ok: boolean; readonly output: string };

/** Runs buf in a folder; mistakes in protos come as JSON, a line each. */
export const runBuf = (folder: string, [command = "", ...args]: readonly string[]): Promise<Run> =>
  new Promise((resolve) => {
    execFile(
      process.execPath,
      [require.resolve("@bufbuild/buf/bin/buf"), command, "--error-format", "json", ...args],
      { cwd: folder, maxBuffer: 64 << 20 },
      (error, out, err) => resolve({ ok: error === null, output: `${out}${err}` }),
    );
  });

export type Built = { readonly bytes: Uint8Array } | { readonly mistakes: readonly Mistake[] };

/** Builds texts that are laid out in a folder. */
export const buildIn = async (protos: string, sources: ReadonlyMap<string, string>): Promise<Built> => {
  const mixed = mixedAnnotations(sources);
  if (mixed.length > 0) return { mistakes: mixed };
  const output = path.join(protos, "..", "descriptors.binpb");
  const run = await runBuf(protos, ["build", "--as-file-descriptor-set", "-o", output]);
  if (run.ok) return { bytes: await readFile(output) };
  const mistakes = bufMistakes(run.output, sources);
  if (mistakes.length === 0) throw new BadCall(`buf cannot build the protos: ${run.output.trim()}`);
  return { mistakes };
};

/** Builds proto texts, keyed by import path, into a FileDescriptorSet with imports and source information. */
export const buildProtos = (sources: ReadonlyMap<string, string>): Promise<Built> =>
  withProtoFolder(sources, (protos) => buildIn(protos, sources));
