import { MeshError } from "./errors.ts";
import type { Log } from "./log.ts";
import { keepYoung } from "./young-heap.ts";

export type RunningProcess = { close(): Promise<void> };

export type RunProcessOptions = {
  readonly start: () => Promise<RunningProcess>;
  readonly log: Log;
  /** How long an orderly stop may take. */
  readonly shutdownMs: number;
  /** Told the text of a start that failed. */
  readonly onFailure: (text: string) => void;
};

/**
 * Runs until SIGINT or SIGTERM, then stops in order; a second signal, or the deadline, ends the process at
 * once. An error nobody caught stops it too, with exit code 1: its state can no longer be trusted.
 */
export const runProcess = async ({ start, log, shutdownMs, onFailure }: RunProcessOptions): Promise<void> => {
  keepYoung();
  let running: RunningProcess | undefined;
  let isStopping = false;

  const stop = async (exitCode: number): Promise<void> => {
    if (isStopping) process.exit(exitCode || 1);
    isStopping = true;
    const deadline = setTimeout(() => {
      log.error("the stop took too long and was cut short");
      process.exit(1);
    }, shutdownMs + 5000);
    deadline.unref();
    await running?.close().catch((error: unknown) => {
      log.error({ error }, "the stop failed");
    });
    process.exit(exitCode);
  };

  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void stop(0));
  for (const event of ["uncaughtException", "unhandledRejection"] as const) {
    process.on(event, (error: unknown) => {
      log.error({ error }, `stopping after an ${event}`);
      void stop(1);
    });
  }

  try {
    running = await start();
    if (isStopping) await running.close();
  } catch (error) {
    onFailure(error instanceof MeshError ? error.text : String(error instanceof Error ? error.stack : error));
    process.exit(1);
  }
};
