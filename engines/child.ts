import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { open, readFile, rm, writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

/**
 * Becomes the engine, and leaves beside it a shell that waits for the end of standard input, which comes when this
 * process ends in whatever way, kill -9 included. Unlike a parent-death signal it works on every Unix.
 */
const leash = 'exec 3<&0 0</dev/null; (read -r _ <&3 || kill -9 $$) 2>/dev/null & exec 3<&-; exec "$@"';

const killAfterMs = 5000;

export type EngineProcess = {
  readonly pid: number;
  /** The exit code or the signal, once it has ended. */
  readonly ended: Promise<string>;
  /** Ends it, politely, and after `patienceMs` by force; the promise resolves when it is gone. */
  close(patienceMs?: number): Promise<void>;
};

/** False when there is no such process, or none of ours; signal 0 only asks. */
const signal = (pid: number, name: NodeJS.Signals | 0): boolean => {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
};

const commandLine = async (pid: number): Promise<string> => {
  const proc = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => undefined);
  if (proc !== undefined) return proc.replaceAll("\0", " ");
  if (process.platform === "linux") return "";
  const ps = spawn("ps", ["-ww", "-o", "args=", "-p", String(pid)], { stdio: ["ignore", "pipe", "ignore"] });
  let text = "";
  ps.stdout.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  await Promise.race([once(ps, "close"), once(ps, "error")]);
  return text;
};

/** Ends the engine that `pidFile` names, if its command line still holds `mark`: a pid may have gone to another. */
export const endLeftover = async (pidFile: string, mark: string): Promise<void> => {
  const pid = Number(await readFile(pidFile, "utf8").catch(() => ""));
  const isOurs = async (): Promise<boolean> => signal(pid, 0) && (await commandLine(pid)).includes(mark);
  if (!Number.isInteger(pid) || pid <= 1) return;
  for (let waited = 0; await isOurs(); waited += 20) {
    signal(pid, waited < killAfterMs ? "SIGTERM" : "SIGKILL");
    await delay(20);
  }
  await rm(pidFile, { force: true });
};

const whenEnded = async (child: ChildProcess): Promise<string> => {
  const [code, signal] = await once(child, "exit");
  return signal === null ? `exit code ${code}` : `${signal}`;
};

/** Starts a program that cannot outlive this process. Its output goes to `logFile`, its pid to `pidFile`. */
export const startProcess = async (
  command: readonly string[],
  files: { readonly logFile: string; readonly pidFile: string },
): Promise<EngineProcess> => {
  const log = await open(files.logFile, "w");
  // A group of its own: Ctrl-C reaches only this process, which then ends things in order.
  const child = spawn("/bin/sh", ["-c", leash, "sh", ...command], {
    detached: true,
    stdio: ["pipe", log.fd, log.fd],
  });
  try {
    await once(child, "spawn");
  } finally {
    await log.close();
  }
  const { pid } = child;
  if (pid === undefined) throw new Error("a spawned process has a pid");
  const ended = whenEnded(child);
  await writeFile(files.pidFile, `${pid}\n`);
  const close = async (patienceMs = killAfterMs): Promise<void> => {
    child.kill("SIGTERM");
    const kill = setTimeout(() => child.kill("SIGKILL"), patienceMs);
    await ended;
    clearTimeout(kill);
    await rm(files.pidFile, { force: true });
  };
  return { pid, ended, close };
};
