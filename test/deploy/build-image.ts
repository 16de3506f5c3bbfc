import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, readdir } from "node:fs/promises";
import { basename, isAbsolute, join, relative, resolve } from "node:path";
import { text } from "node:stream/consumers";
import type { Instruction, Stage } from "./dockerfile.ts";

export type BuildOptions = {
  readonly stages: readonly Stage[];
  /** Where COPY takes files from, but those ignored. */
  readonly context: string;
  readonly isIgnored: (path: string) => boolean;
  /** An empty folder: each stage gets a root of its own in it. */
  readonly folder: string;
};

/** The last stage: its root, and the folder that commands run in. */
export type BuiltImage = { readonly root: string; readonly workDir: string };

type Running = { readonly root: string; workDir: string; readonly env: Record<string, string> };

const run = async (command: string, { workDir, env }: Running): Promise<void> => {
  const given = { PATH: process.env.PATH, HOME: process.env.HOME, npm_config_prefer_offline: "true", ...env };
  const shell = spawn("sh", ["-c", command], { cwd: workDir, env: given, stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(shell, "close") as Promise<[number | null]>;
  const [out, err] = await Promise.all([text(shell.stdout), text(shell.stderr)]);
  const [code] = await ended;
  if (code !== 0) throw new Error(`RUN ${command} failed:\n${out}${err}`);
};

/** Follows a Dockerfile in folders: not its base images, not its users, but each COPY and each RUN. */
export const buildImage = async ({ stages, context, isIgnored, folder }: BuildOptions): Promise<BuiltImage> => {
  const roots = new Map<string, string>();
  const inRoot = ({ root, workDir }: Running, path: string): string =>
    isAbsolute(path) ? join(root, path) : resolve(workDir, path);

  const copy = async (stage: Running, instruction: Extract<Instruction, { kind: "COPY" }>): Promise<void> => {
    const { from, sources, target } = instruction;
    const source = from === undefined ? context : roots.get(from);
    if (source === undefined) throw new Error(`there is no stage ${from} before this one`);
    for (const path of sources) {
      const into = inRoot(stage, target.endsWith("/") ? join(target, basename(path)) : target);
      const filter = (file: string): boolean => from !== undefined || !isIgnored(relative(context, file));
      if (!filter(join(source, path))) throw new Error(`${path} is copied, but .dockerignore leaves it out`);
      await cp(join(source, path), into, { recursive: true, filter, verbatimSymlinks: true });
    }
  };

  let last: Running | undefined;
  for (const [index, { name, instructions }] of stages.entries()) {
    const root = join(folder, String(index));
    await mkdir(root);
    const stage: Running = { root, workDir: root, env: {} };
    for (const instruction of instructions) {
      if (instruction.kind === "WORKDIR") {
        stage.workDir = inRoot(stage, instruction.path);
        await mkdir(stage.workDir, { recursive: true });
      } else if (instruction.kind === "COPY") await copy(stage, instruction);
      else if (instruction.kind === "RUN") await run(instruction.command, stage);
      else if (instruction.kind === "ENV") stage.env[instruction.name] = instruction.value;
    }
    roots.set(name, root);
    last = stage;
  }
  if (last === undefined) throw new Error("the Dockerfile has no stage");
  return { root: last.root, workDir: last.workDir };
};

/** Every file below a folder, with its path from there. */
export const filesBelow = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
