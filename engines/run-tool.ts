import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { EngineError } from "./engine-error.ts";

const run = promisify(execFile);

/** What a failed tool leaves: Node puts the output on the error. Maven tells its errors on standard output. */
const outputOf = (error: unknown): string =>
  error instanceof Error && "stderr" in error && "stdout" in error ? `${error.stdout}${error.stderr}`.trim() : "";

const isMissing = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "ENOENT";

/** What to do when a tool is missing, and when it fails. */
export type Remedies = { readonly missing: string; readonly failed: string };

/** Runs a program to its end. A missing one, or one without the Python module asked for, is MISSING_TOOL. */
export const runTool = async (
  command: string,
  args: readonly string[],
  remedies: Remedies,
  /** How long it may take; for ever when left out. */
  timeoutMs = 0,
): Promise<void> => {
  try {
    await run(command, args, { maxBuffer: 16 * 1024 * 1024, timeout: timeoutMs });
  } catch (cause) {
    if (isMissing(cause)) {
      throw new EngineError("MISSING_TOOL", `${command} was not found. ${remedies.missing}`, { cause });
    }
    const output = outputOf(cause) || String(cause);
    if (/No module named/.test(output)) {
      throw new EngineError("MISSING_TOOL", `${command} has no ${args[1] ?? "such"} module. ${remedies.missing}`, {
        cause,
      });
    }
    const tail = output.split("\n").slice(-5).join("\n");
    throw new EngineError(
      "DOWNLOAD_FAILED",
      `${command} ${args.slice(0, 3).join(" ")} failed. ${remedies.failed}\n${tail}`,
      {
        cause,
      },
    );
  }
};
