import { existsSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "../engine-error.ts";
import { installOnce } from "../install-once.ts";
import { projectRoot } from "../project-root.ts";
import { runTool } from "../run-tool.ts";

const version = "1.37.0";

const remedies = {
  missing: "Install Python 3.10 or newer with pip.",
  failed:
    "Try again when the package registry can be reached, or set KUBERNETES_VALIDATE_PATH to a folder into which " +
    "`pip install --target` has put kubernetes-validate.",
};

/**
 * The folder with the Python package kubernetes-validate, the published schemas of Kubernetes, and what it needs;
 * downloads them the first time, each file with a SHA-256 of requirements.txt.
 */
export const installKubernetesValidate = async (): Promise<string> => {
  const override = process.env.KUBERNETES_VALIDATE_PATH;
  if (override) {
    if (existsSync(override)) return override;
    throw new EngineError("NO_BINARY", `KUBERNETES_VALIDATE_PATH is ${override}, which is not there; correct it.`);
  }
  const root = projectRoot();
  const target = join(root, ".engines", `kubernetes-validate-${version}`);
  const requirements = join(root, "engines", "kubernetes-validate", "requirements.txt");
  await installOnce(target, async (contents) => {
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile", "--no-deps"];
    const checked = ["--only-binary=:all:", "--require-hashes", "--requirement", requirements];
    await runTool("python3", [...pip, ...checked, "--target", contents], remedies);
  });
  return target;
};
