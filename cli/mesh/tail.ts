import { open } from "node:fs/promises";

export type Line = string;

/** At most this much of a log is looked through for its last lines. */
const tailBytes = 256 * 1024;

/**
 * Tells the last lines of a file, and gives a function that tells what has been added since. A file that has become
 * shorter was begun anew; one that is not there is empty.
 */
export const openTail = async (
  file: string,
  lines: number,
  tell: (line: Line) => void,
): Promise<() => Promise<void>> => {
  let position = 0;
  let rest = "";

  const read = async (from: (size: number) => number): Promise<readonly Line[]> => {
    const handle = await open(file, "r").catch(() => undefined);
    if (handle === undefined) return [];
    try {
      const { size } = await handle.stat();
      const begin = from(size);
      if (size < position) rest = "";
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(Math.max(0, size - begin)), 0, null, begin);
      position = begin + bytesRead;
      const all = (rest + buffer.subarray(0, bytesRead).toString()).split("\n");
      rest = all.pop() ?? "";
      return all;
    } finally {
      await handle.close();
    }
  };

  for (const line of (await read((size) => Math.max(0, size - tailBytes))).slice(-lines)) tell(line);
  return async () => {
    for (const line of await read((size) => (size < position ? 0 : position))) tell(line);
  };
};
