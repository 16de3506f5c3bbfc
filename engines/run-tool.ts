import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { EngineError } from "./engine-error.ts";

const run = promisify(execFile);

/** What a failed tool leaves: Node puts the output on the error. */
const outputOf = (error: unknown): string =>
  error instanceof Error && "stderr" in error && typeof error.stderr === "string" ? error.stderr.trim() : "";

const isMissing = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "ENOENT";

/** Runs a program to its end. A missing one is MISSING_TOOL with `remedy`, a failing one DOWNLOAD_FAILED. */
export const runTool = async (command: string, args: readonly string[], remedy: string): Promise<void> => {
  try {
    await run(command, args, { maxBuffer: 16 * 1024 * 1024 });
  } catch (cause) {
    if (isMissing(cause)) {
      throw new EngineError("MISSING_TOOL", `${command} was not found. ${remedy}`, { cause });
    }
    const output = outputOf(cause) || String(cause);
    if (/No module named/.test(output)) {
      throw new EngineError("MISSING_TOOL", `${command} has no ${args[1] ?? "such"} module. ${remedy}`, { cause });
    }
    const tail = output.split("\n").slice(-5).join("\n");
    throw new EngineError("DOWNLOAD_FAILED", `${command} ${args.slice(0, 3).join(" ")} failed. ${remedy}\n${tail}`, {
      cause,
    });
  }
};
