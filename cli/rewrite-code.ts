import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";

/** Puts other code in the place of each TypeScript file of a folder that it differs from. */
export const rewriteCode = async (folder: string, rewrite: (code: string) => string): Promise<void> => {
  const files = await readdir(folder, { recursive: true });
  for (const name of files.filter((name) => name.endsWith(".ts"))) {
    const file = path.join(folder, name);
    const code = await readFile(file, "utf8");
    const rewritten = rewrite(code);
    if (rewritten !== code) await writeFile(file, rewritten);
  }
};
