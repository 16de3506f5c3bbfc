import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type PartName, partNames } from "./parts.ts";
import type { ProcessId } from "./process-id.ts";

/** What is known of a replica of a part that was started; the process may have died since. */
export type PartState = ProcessId & {
  readonly part: PartName;
  readonly replica: number;
  /** 0 while an engine is starting; pid and start time are its keeper's until then. */
  readonly port: number;
  /** The process that holds an engine. */
  readonly keeper?: ProcessId;
  /** What clients of Kafka and MongoDB connect to. */
  readonly address?: string;
  /** Of Envoy. */
  readonly adminPort?: number;
};

/** `.rollcall/mesh`: state, logs, and the engines' data. */
export type MeshFolder = {
  readonly path: string;
  readonly logs: string;
  logOf(part: PartName, replica: number): string;
  /** In order of start and replica. */
  states(): Promise<readonly PartState[]>;
  /** Whole or not at all: other commands read while this one writes. */
  save(state: PartState): Promise<void>;
  forget(state: Pick<PartState, "part" | "replica">): Promise<void>;
};

export const openMeshFolder = async (dataFolder: string): Promise<MeshFolder> => {
  const path = resolve(dataFolder, "mesh");
  const logs = join(path, "logs");
  await mkdir(logs, { recursive: true });
  const fileOf = ({ part, replica }: Pick<PartState, "part" | "replica">): string =>
    join(path, `${part}-${replica}.json`);
  return {
    path,
    logs,
    logOf: (part, replica) => join(logs, `${part}-${replica}.log`),
    async states() {
      const files = (await readdir(path)).filter((name) => stateFile.test(name));
      const states = await Promise.all(files.map((name) => readState(join(path, name))));
      return states.filter((state) => state !== undefined).sort(byStart);
    },
    save: (state) => replaceFile(fileOf(state), `${JSON.stringify(state)}\n`),
    forget: (state) => rm(fileOf(state), { force: true }),
  };
};

const stateFile = /^[a-z-]+-\d+\.json$/;

const byStart = (a: PartState, b: PartState): number =>
  partNames.indexOf(a.part) - partNames.indexOf(b.part) || a.replica - b.replica;

const readState = async (file: string): Promise<PartState | undefined> => {
  const text = await readFile(file, "utf8").catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as PartState);
};

/** Writes a file beside and moves it into place. */
export const replaceFile = async (file: string, text: string): Promise<void> => {
  const next = `${file}.${process.pid}.new`;
  await writeFile(next, text);
  await rename(next, file);
};
