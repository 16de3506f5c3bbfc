import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

/** A process for good: a pid alone may have gone to another one since. */
export type ProcessId = {
  readonly pid: number;
  /** As the system tells it; compared, never read. */
  readonly startedAt: string;
};

const pollMs = 20;

/** State letter and start time. On Linux they follow the command, which may hold blanks and parentheses. */
const look = async (pid: number): Promise<readonly [state: string, startedAt: string] | undefined> => {
  if (process.platform !== "linux") return lookByPs(pid);
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, startedAt] = [fields[0], fields[19]];
  return state && startedAt ? [state, startedAt] : undefined;
};

const lookByPs = (pid: number): Promise<readonly [string, string] | undefined> =>
  new Promise((resolve) => {
    execFile("ps", ["-o", "stat=,lstart=", "-p", String(pid)], (error, out) => {
      const [, state, startedAt] = /^(\S)\S*\s+(.+?)\s*$/.exec(out) ?? [];
      resolve(error === null && state && startedAt ? [state, startedAt] : undefined);
    });
  });

/** The process that has this pid now; `undefined` when there is none, or only what its parent has not buried yet. */
export const identify = async (pid: number): Promise<ProcessId | undefined> => {
  const seen = await look(pid);
  return seen === undefined || seen[0] === "Z" || seen[0] === "X" ? undefined : { pid, startedAt: seen[1] };
};

export const isAlive = async ({ pid, startedAt }: ProcessId): Promise<boolean> =>
  (await identify(pid))?.startedAt === startedAt;

/** Signals the process if it still is the one that was meant. */
export const signal = async (id: ProcessId, name: NodeJS.Signals): Promise<void> => {
  if (!(await isAlive(id))) return;
  try {
    process.kill(id.pid, name);
  } catch (error) {
    // It ended a moment ago.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
};

/** Resolves to true when all of them are gone, to false when some are left after the time. */
export const whenGone = async (ids: readonly ProcessId[], withinMs: number): Promise<boolean> => {
  for (const deadline = Date.now() + withinMs; ; await delay(pollMs)) {
    const alive = await Promise.all(ids.map(isAlive));
    if (!alive.includes(true)) return true;
    if (Date.now() >= deadline) return false;
  }
};
