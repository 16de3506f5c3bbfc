import { execFile } from "node:child_process";

export type ToolRun = { readonly code: number; readonly out: string; readonly err: string };

/** Runs a program to its end. Its exit code is part of the answer; only a missing program rejects. */
export const runTool = (program: string, args: readonly string[]): Promise<ToolRun> =>
  new Promise((resolve, reject) => {
    execFile(program, args, { maxBuffer: 64 << 20 }, (error, out, err) => {
      if (error !== null && typeof error.code !== "number") reject(error);
      else resolve({ code: typeof error?.code === "number" ? error.code : 0, out, err });
    });
  });
