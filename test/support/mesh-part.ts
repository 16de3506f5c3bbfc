import { setTimeout as delay } from "node:timers/promises";
import { isAlive, stopProcess } from "./process-end.ts";

/** One process of a mesh: a broker, a mongod, Envoy or a replica of a service. */
export type Part = {
  readonly name: string;
  readonly port: number;
  /** Changes with each restart. */
  readonly pid: number;
  /** Sends a signal; one that ends or stops a process is waited for. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again after `kill`, on the same port and data; resolves when it serves. */
  restart(): Promise<void>;
  /** Whether it has ended without having been asked to. */
  readonly hasDied: boolean;
};

/** How a part's process is started. */
export type Started = { readonly pid: number; readonly port: number };

const passing = new Set<NodeJS.Signals>(["SIGSTOP", "SIGCONT"]);
const goneWithinMs = 15_000;

const whenGone = async (pid: number, name: string): Promise<void> => {
  for (const deadline = Date.now() + goneWithinMs; isAlive(pid); await delay(5)) {
    if (Date.now() > deadline) throw new Error(`${name}, pid ${pid}, does not end`);
  }
};

/** A part that is up. `start` is given the port of the first start, to take it again. */
export const startPart = async (name: string, start: (port: number) => Promise<Started>): Promise<Part> => {
  let { pid, port } = await start(0);
  let isUp = true;
  return {
    name,
    get port() {
      return port;
    },
    get pid() {
      return pid;
    },
    get hasDied() {
      return isUp && !isAlive(pid);
    },
    async kill(signal = "SIGKILL") {
      if (!passing.has(signal)) isUp = false;
      if (isAlive(pid) && signal === "SIGSTOP") await stopProcess(pid);
      else if (isAlive(pid)) process.kill(pid, signal);
      if (!passing.has(signal)) await whenGone(pid, name);
    },
    async restart() {
      ({ pid, port } = await start(port));
      isUp = true;
    },
  };
};
