import { spawn } from "node:child_process";
import { once } from "node:events";
import { open } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { environmentWith } from "./config.ts";
import { identify, type ProcessId } from "./process-id.ts";

/** A process in the background, and where its words begin in its log. */
export type Spawned = { readonly id: ProcessId; readonly logFile: string; readonly logStart: number };

const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";

// From the sources a process needs what this one was started with, wherever it runs.
const loader = extension === ".ts" ? ["--import", import.meta.resolve("tsx")] : [];

/**
 * Starts a module of the project, named relative to this file and without extension, in a process group of its
 * own: it outlives this process and its terminal. Its output is added to the log.
 */
export const spawnModule = async (
  module: string,
  args: readonly string[],
  logFile: string,
  variables: Readonly<Record<string, string>>,
): Promise<Spawned> => {
  const file = fileURLToPath(new URL(`${module}${extension}`, import.meta.url));
  const log = await open(logFile, "a");
  try {
    const { size } = await log.stat();
    const child = spawn(process.execPath, [...loader, file, ...args], {
      detached: true,
      env: environmentWith(variables),
      stdio: ["ignore", log.fd, log.fd],
    });
    await once(child, "spawn");
    child.unref();
    const pid = child.pid ?? 0;
    return { id: (await identify(pid)) ?? { pid, startedAt: "" }, logFile, logStart: size };
  } finally {
    await log.close();
  }
};

/** The end of what a process has said since it was started. */
export const wordsOf = async ({ logFile, logStart }: Omit<Spawned, "id">): Promise<string> => {
  const log = await open(logFile, "r");
  try {
    const { size } = await log.stat();
    const { buffer, bytesRead } = await log.read(Buffer.alloc(Math.max(0, size - logStart)), 0, null, logStart);
    return buffer.subarray(0, bytesRead).toString().trim().split("\n").slice(-10).join("\n");
  } finally {
    await log.close();
  }
};
