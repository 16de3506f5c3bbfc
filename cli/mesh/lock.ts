import { open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { BadCall } from "../bad-call.ts";
import type { MeshFolder } from "./folder.ts";
import { identify, isAlive, type ProcessId } from "./process-id.ts";

const isThere = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "EEXIST";

const take = async (file: string): Promise<boolean> => {
  try {
    const handle = await open(file, "wx");
    await handle.writeFile(JSON.stringify(await identify(process.pid)));
    await handle.close();
    return true;
  } catch (error) {
    if (isThere(error)) return false;
    throw error;
  }
};

const holderOf = async (file: string): Promise<ProcessId | undefined> => {
  const text = await readFile(file, "utf8").catch(() => "");
  return text === "" ? undefined : (JSON.parse(text) as ProcessId);
};

/** Runs some work while no other `up` or `down` is at work in the folder. Throws `BadCall` when one is. */
export const alone = async <T>({ path }: MeshFolder, work: () => Promise<T>): Promise<T> => {
  const file = join(path, "lock");
  if (!(await take(file))) {
    const holder = await holderOf(file);
    if (holder === undefined || (await isAlive(holder))) {
      throw new BadCall(`another rollcall up or down (pid ${holder?.pid ?? "unknown"}) is at work; ${file} says so`);
    }
    // The one that took it was killed.
    await rm(file, { force: true });
    if (!(await take(file))) throw new BadCall("another rollcall up or down has just begun; try again");
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
};
