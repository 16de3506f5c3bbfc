import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { configOrExit } from "../runtime/run-service.ts";
import { readCount } from "./load/options.ts";
import { exitCodeOf } from "./mesh/command.ts";
import { openMeshFolder } from "./mesh/folder.ts";
import { readParts } from "./mesh/parts.ts";
import { type Line, openTail } from "./mesh/tail.ts";

const pollMs = 200;

type Flags = { readonly follow: boolean; readonly lines: number };

const nameOf = (file: string): string => file.replace(/\.log$/, "");

const logs = async (names: readonly string[], { follow, lines }: Flags): Promise<number> => {
  const parts = readParts(names);
  const { logs: folder } = await openMeshFolder(configOrExit().dataFolder);
  const files = async (): Promise<readonly string[]> =>
    (await readdir(folder))
      .filter((file) => parts.length === 0 || parts.some((part) => file.startsWith(`${part}-`)))
      .sort();
  const width = Math.max(0, ...(await files()).map((file) => nameOf(file).length));
  const print = (file: string) => (line: Line) => process.stdout.write(`${nameOf(file).padEnd(width)} | ${line}\n`);

  const tails = new Map<string, () => Promise<void>>();
  for (const file of await files()) tails.set(file, await openTail(join(folder, file), lines, print(file)));
  if (!follow) return 0;
  return new Promise((resolve) => {
    const look = async (): Promise<void> => {
      for (const file of await files()) {
        const tail = tails.get(file) ?? (await openTail(join(folder, file), 0, print(file)));
        tails.set(file, tail);
        await tail();
      }
      timer = setTimeout(() => void look(), pollMs);
    };
    let timer = setTimeout(() => void look(), pollMs);
    process.once("SIGINT", () => {
      clearTimeout(timer);
      resolve(0);
    });
  });
};

/** Adds `rollcall logs`. */
export const registerLogs = (program: Command): void => {
  program
    .command("logs")
    .description("show the end of the logs of the mesh, or of the parts named")
    .argument("[part...]", "as with up; all replicas of a service")
    .option("-f, --follow", "go on with what is written", false)
    .option("-n, --lines <n>", "how many lines of each log", readCount, 20)
    .action(async (names: readonly string[], flags: Flags) => {
      process.exitCode = await exitCodeOf(() => logs(names, flags));
    });
};
