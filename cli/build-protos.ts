import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Mistake } from "../runtime/contract/mistake.ts";
import { BadCall } from "./bad-call.ts";
import { bufMistakes } from "./buf-mistakes.ts";
import { withProvided } from "./provided-protos.ts";

const require = createRequire(import.meta.url);

const put = async (target: string, text: string): Promise<void> => {
  await mkdir(path.dirname(target), { recursive: true });
  await writeFile(target, text);
};

const layOut = async (folder: string, sources: ReadonlyMap<string, string>): Promise<void> => {
  for (const [name, text] of withProvided(sources)) await put(path.join(folder, name), text);
};

type Run = { readonly ok: boolean; readonly output: string };

const runBuf = (folder: string, output: string): Promise<Run> =>
  new Promise((resolve) => {
    const options = ["build", "--as-file-descriptor-set", "--error-format", "json", "-o", output];
    execFile(
      process.execPath,
      [require.resolve("@bufbuild/buf/bin/buf"), ...options],
      { cwd: folder, maxBuffer: 64 << 20 },
      (error, out, err) => resolve({ ok: error === null, output: `${out}${err}` }),
    );
  });

/** Builds proto texts, keyed by import path, into a FileDescriptorSet with imports and source information. */
export const buildProtos = async (
  sources: ReadonlyMap<string, string>,
): Promise<{ readonly bytes: Uint8Array } | { readonly mistakes: readonly Mistake[] }> => {
  const work = await mkdtemp(path.join(tmpdir(), "rollcall-check-"));
  try {
    const protos = path.join(work, "protos");
    const output = path.join(work, "descriptors.binpb");
    await layOut(protos, sources);
    const run = await runBuf(protos, output);
    if (run.ok) return { bytes: await readFile(output) };
    const mistakes = bufMistakes(run.output, sources);
    if (mistakes.length === 0) throw new BadCall(`buf cannot build the protos: ${run.output.trim()}`);
    return { mistakes };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
};
