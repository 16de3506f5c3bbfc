import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { projectRoot } from "../engines/project-root.ts";

/** Compiles the processes; gives the folder they are in. */
export const buildProcesses = async (): Promise<string> => {
  const root = projectRoot();
  const tsc = join(root, "node_modules", ".bin", "tsc");
  await promisify(execFile)(tsc, ["-p", join(root, "bench", "tsconfig.json")], { cwd: root }).catch(
    (error: { stdout?: string }) => {
      throw new Error(`the processes of the benchmark do not compile:\n${error.stdout}`, { cause: error });
    },
  );
  return join(root, ".tmp", "bench", "bench", "processes");
};
