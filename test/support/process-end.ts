import { setTimeout as delay } from "node:timers/promises";
import { EngineError } from "../../engines/engine-error.ts";

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

/** Why an engine did not start. */
export const startFailureOf = async (start: Promise<unknown>): Promise<EngineError> => {
  const error = await start.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof EngineError) return error;
  throw new Error("expected an EngineError", { cause: error });
};
