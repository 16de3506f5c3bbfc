import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

/** What goes over the channel to a child and back. */
export type Ask = { readonly id: number; readonly name: string; readonly argument: unknown };
export type Told = { readonly id: number; readonly result?: unknown; readonly error?: string };

/** A process that answers questions by name. */
export type Child = {
  ask<T>(name: string, argument?: unknown): Promise<T>;
  /** Lets it end by itself, so that it can write its profile. */
  close(): Promise<void>;
};

/**
 * V8 begins with a young generation of a megabyte or so and grows it when it happens to notice that it should. Until
 * then the calls in flight look old and are promoted: the same program takes twice the time, or not, by chance.
 */
const settledHeap = "--min-semi-space-size=16";

/** Starts a compiled process. It writes a CPU profile when it ends, if a folder is given for it. */
export const startChild = (file: string, profileFolder?: string, args: readonly string[] = []): Child => {
  const profile = profileFolder === undefined ? [] : ["--cpu-prof", "--cpu-prof-dir", profileFolder];
  const execArgv = [settledHeap, ...profile];
  const child: ChildProcess = fork(file, args, { execArgv, serialization: "advanced" });
  const open = new Map<number, (told: Told) => void>();
  let asked = 0;
  child.on("message", (told: Told) => {
    open.get(told.id)?.(told);
    open.delete(told.id);
  });
  child.on("exit", (code) => {
    for (const [id, settle] of open) settle({ id, error: `${file} ended with ${code}` });
    open.clear();
  });
  return {
    ask: <T>(name: string, argument?: unknown) =>
      new Promise<T>((resolve, reject) => {
        asked += 1;
        const ask: Ask = { id: asked, name, argument };
        open.set(ask.id, ({ error, result }) =>
          error === undefined ? resolve(result as T) : reject(new Error(error)),
        );
        child.send(ask);
      }),
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      child.disconnect();
      await exited;
    },
  };
};
