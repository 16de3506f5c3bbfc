import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { programOf } from "./program.ts";

/** A running `rollcall run`, as a user has it: its own process, on ports of its own. */
export type RollcallProcess = {
  readonly pid: number;
  readonly rest: number;
  readonly heartbeat: number;
  readonly state: number;
  readonly view: number;
  /** Everything it has printed so far. */
  readonly output: () => string;
  /** Ends it and resolves with its exit code, `null` after a signal. */
  end(signal: "SIGTERM" | "SIGKILL"): Promise<number | null>;
};

export type Environment = Readonly<Record<string, string>>;

const anyPorts: Environment = {
  ROLLCALL_REST_PORT: "0",
  ROLLCALL_HEARTBEAT_PORT: "0",
  ROLLCALL_STATE_PORT: "0",
  ROLLCALL_VIEW_PORT: "0",
  ROLLCALL_PORT: "0",
};

/** The sources of a service in a folder are read by tsx, which the build does without. */
const commandFor = (folder: string | undefined): readonly string[] =>
  folder === undefined ? [...programOf("cli/main.ts"), "run"] : ["--import", "tsx", "cli/main.ts", "run", folder];

type Spawned = { readonly child: ChildProcess; readonly output: () => string };

const spawnRun = (environment: Environment, folder?: string): Spawned => {
  const child = spawn(process.execPath, commandFor(folder), {
    env: { ...process.env, ...anyPorts, ...environment },
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (part: Buffer) => {
      text += part.toString();
    });
  }
  return { child, output: () => text };
};

/** Runs `rollcall run` to its end; for starts that are meant to fail. */
export const runToEnd = async (
  environment: Environment,
): Promise<{ readonly code: number; readonly output: string }> => {
  const { child, output } = spawnRun(environment);
  const [code] = (await once(child, "close")) as [number];
  return { code, output: output() };
};

type Running = Pick<RollcallProcess, "pid" | "rest" | "output" | "end"> & { portOf(pattern: RegExp): number };

/** Resolves when the output has all of the texts. */
const whenUp = async ({ child, output }: Spawned, ...texts: readonly string[]): Promise<Running> => {
  const exited = once(child, "exit") as Promise<[number | null]>;
  const up = new Promise<void>((resolve) => {
    child.stdout?.on("data", () => {
      if (texts.every((text) => output().includes(text))) resolve();
    });
  });
  await Promise.race([
    up,
    exited.then(() => {
      throw new Error(`rollcall run ended before it was up:\n${output()}`);
    }),
  ]);
  const portOf = (pattern: RegExp): number => Number(pattern.exec(output())?.[1] ?? 0);
  return {
    pid: child.pid ?? 0,
    rest: portOf(/gRPC-Web: http:\/\/[^:]+:(\d+)/),
    portOf,
    output,
    async end(signal) {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      const [code] = await exited;
      return code;
    },
  };
};

/** A service that `rollcall run` has started from its folder. */
export type ServiceProcess = Pick<RollcallProcess, "rest" | "output" | "end"> & { readonly port: number };

/** Starts `rollcall run` with the folder of a service and waits until it says that it is up. */
export const startService = async (folder: string, environment: Environment): Promise<ServiceProcess> => {
  const { portOf, ...running } = await whenUp(spawnRun(environment, folder), "is up", "gRPC: ");
  return { ...running, port: portOf(/gRPC: [\d.]+:(\d+)/) };
};

/** Starts `rollcall run` and waits until it says that it is up. */
export const startRollcall = async (environment: Environment): Promise<RollcallProcess> => {
  const { portOf, ...running } = await whenUp(spawnRun(environment), "Rollcall is up", "view-svc");
  return {
    ...running,
    heartbeat: portOf(/heartbeat-svc [\d.]+:(\d+)/),
    state: portOf(/state-svc [\d.]+:(\d+)/),
    view: portOf(/view-svc [\d.]+:(\d+)/),
  };
};

/** A data folder for one suite, removed after it. */
export const useDataFolder = (): (() => string) => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "rollcall-data-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));
  return () => folder;
};
