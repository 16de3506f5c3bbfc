import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { EngineError } from "./engine-error.ts";

/** The folder with package.json above this file: the same from the sources and from a build in dist/. */
export const projectRoot = (): string => {
  const here = dirname(fileURLToPath(import.meta.url));
  for (let folder = here; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return folder;
    if (folder === dirname(folder)) {
      throw new EngineError("INVALID_FILE", `No package.json above ${here}; keep engines/ inside the project.`);
    }
  }
};
