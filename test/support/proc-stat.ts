import { readFile } from "node:fs/promises";

/**
 * What the kernel says of a process or a thread, `/proc/<pid>` or `/proc/<pid>/task/<thread>`: the fields of its `stat`
 * from the state on, which is the first. The name before them, in parentheses, may contain anything.
 */
export const statOf = async (folder: string): Promise<readonly string[]> => {
  const text = await readFile(`${folder}/stat`, "utf8");
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
};
