import { readdir } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { EngineError } from "../../engines/engine-error.ts";
import { statOf } from "./proc-stat.ts";

/** Whether there is such a process; signal 0 only asks. */
export const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** Waits for an end that must come; the test's own time limit bounds it. */
export const gone = async (pid: number): Promise<void> => {
  while (isAlive(pid)) await delay(10);
};

/** Whether all threads that were there have stopped; one that ended meanwhile is looked for in vain. */
const isStopped = async (pid: number): Promise<boolean> => {
  const tasks = `/proc/${pid}/task`;
  const stats = (await readdir(tasks)).map((id) => statOf(`${tasks}/${id}`).catch(() => ["ended"]));
  return (await Promise.all(stats)).every(([state]) => state === "T" || state === "ended");
};

/**
 * Stops a process (SIGSTOP). Its threads go on until one of them has had its turn to take the signal, which on a busy
 * machine leaves time for an answer; resolves when none does any more. Only Linux can tell.
 */
export const stopProcess = async (pid: number): Promise<void> => {
  process.kill(pid, "SIGSTOP");
  while (process.platform === "linux" && isAlive(pid) && !(await isStopped(pid))) await delay(2);
};

/** Why an engine did not start. */
export const startFailureOf = async (start: Promise<unknown>): Promise<EngineError> => {
  const error = await start.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof EngineError) return error;
  throw new Error("expected an EngineError", { cause: error });
};
