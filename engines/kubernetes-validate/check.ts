import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { EngineError } from "../engine-error.ts";
import { projectRoot } from "../project-root.ts";
import { installKubernetesValidate } from "./install.ts";

export type CheckedManifest = {
  /** The document as data. */
  readonly manifest: unknown;
  /** Each with the version, the path and what is wrong there. */
  readonly problems: readonly string[];
};

/** Checks YAML documents against the strict schemas of these versions of Kubernetes, such as `1.30`. */
export const checkManifests = async (
  yaml: string,
  versions: readonly string[],
): Promise<readonly CheckedManifest[]> => {
  const packages = await installKubernetesValidate();
  const script = join(projectRoot(), "engines", "kubernetes-validate", "check.py");
  const python = spawn("python3", [script, packages, ...versions], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(python, "close");
  python.stdin.end(yaml);
  const output = await text(python.stdout);
  const [code] = (await ended) as [number | null];
  if (code !== 0) throw new EngineError("START_FAILED", "kubernetes-validate failed; its own words are above.");
  return JSON.parse(output) as readonly CheckedManifest[];
};
