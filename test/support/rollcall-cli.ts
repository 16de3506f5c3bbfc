import { type ChildProcess, execFile, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { PartState } from "../../cli/mesh/folder.ts";
import { programOf } from "./program.ts";

/** What a command of `rollcall` said, and how it ended. */
export type Said = { readonly code: number; readonly out: string; readonly err: string };

export type RollcallCli = {
  run(...args: readonly string[]): Promise<Said>;
  /** For a command that goes on until it is told to end. */
  start(...args: readonly string[]): ChildProcess;
  /** The state file of a part of the mesh. */
  stateOf(part: string, replica?: number): Promise<PartState>;
};

const command = programOf("cli/main.ts");

const anyPorts = {
  ROLLCALL_REST_PORT: "0",
  ROLLCALL_HEARTBEAT_PORT: "0",
  ROLLCALL_STATE_PORT: "0",
  ROLLCALL_VIEW_PORT: "0",
};

/** The real command, on a data folder and on free ports, unless `variables` says otherwise; called in the folder `cwd`. */
export const rollcallOn = (
  dataFolder: string,
  variables: Readonly<Record<string, string>> = {},
  cwd?: string,
): RollcallCli => {
  const env = { ...process.env, ...anyPorts, ROLLCALL_DATA: dataFolder, ...variables };
  return {
    run: (...args) =>
      new Promise((resolve, reject) => {
        execFile(process.execPath, [...command, ...args], { env, cwd }, (error, out, err) => {
          if (error !== null && typeof error.code !== "number") reject(error);
          else resolve({ code: typeof error?.code === "number" ? error.code : 0, out, err });
        });
      }),
    start: (...args) => spawn(process.execPath, [...command, ...args], { env, cwd }),
    async stateOf(part, replica = 1) {
      return JSON.parse(await readFile(join(dataFolder, "mesh", `${part}-${replica}.json`), "utf8")) as PartState;
    },
  };
};
