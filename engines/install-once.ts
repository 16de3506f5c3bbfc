import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

const abandonedAfterMs = 60 * 60 * 1000;

const sweepAbandoned = async (folder: string): Promise<void> => {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(".new-")) continue;
    const path = join(folder, name);
    // Another install may be at work in it, or may remove it while this one looks.
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > abandonedAfterMs) await rm(path, { recursive: true, force: true });
  }
};

const isTaken = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "ENOTEMPTY" || error.code === "EEXIST");

/**
 * Makes the folder `target` by running `fill(contents, scratch)` on two new folders beside it and renaming the first:
 * it is there whole or not at all, however many installs run and wherever one of them is killed.
 */
export const installOnce = async (
  target: string,
  fill: (contents: string, scratch: string) => Promise<void>,
): Promise<void> => {
  if (existsSync(target)) return;
  const parent = dirname(target);
  await mkdir(parent, { recursive: true });
  await sweepAbandoned(parent);
  const work = await mkdtemp(join(parent, ".new-"));
  try {
    const contents = join(work, "contents");
    const scratch = join(work, "scratch");
    await mkdir(contents);
    await mkdir(scratch);
    await fill(contents, scratch);
    await rename(contents, target).catch((error: unknown) => {
      if (!isTaken(error)) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
};
