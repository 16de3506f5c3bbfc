import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

const isSkipped = (name: string): boolean => name.startsWith(".") || name === "node_modules";

const protoFiles = async (folder: string, below: string): Promise<readonly string[]> => {
  const entries = await readdir(path.join(folder, below), { withFileTypes: true });
  const found = await Promise.all(
    entries
      .filter(({ name }) => !isSkipped(name))
      .map(async (entry) => {
        const name = path.posix.join(below, entry.name);
        if (entry.isDirectory()) return protoFiles(folder, name);
        return entry.name.endsWith(".proto") ? [name] : [];
      }),
  );
  return found.flat();
};

/** Texts of the .proto files of a folder by the names that imports use, without hidden folders and packages. */
export const readProtoFolder = async (folder: string): Promise<ReadonlyMap<string, string>> => {
  const names = [...(await protoFiles(folder, ""))].sort();
  const texts = await Promise.all(names.map((name) => readFile(path.join(folder, name), "utf8")));
  return new Map(names.map((name, index) => [name, texts[index] ?? ""]));
};
