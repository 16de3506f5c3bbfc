import { PerformanceObserver } from "node:perf_hooks";
import type { Ask, Told } from "../child.ts";

/** Answers the parent by name, until it lets go; then the process ends. */
export const answerParent = (answers: Readonly<Record<string, (argument: never) => unknown>>): void => {
  const answer = async ({ id, name, argument }: Ask): Promise<Told> => {
    try {
      return { id, result: await answers[name]?.(argument as never) };
    } catch (error) {
      return { id, error: String(error) };
    }
  };
  process.on("message", (ask: Ask) => {
    void answer(ask).then((told) => process.send?.(told));
  });
  process.on("disconnect", () => process.exit(0));
};

/** What a process has cost so far, in seconds: CPU of all its threads, and pauses for garbage collection. */
export type Cost = { readonly cpu: number; readonly collection: number };

/** Counts the cost of this process from now on. */
export const startCounting = (): (() => Cost) => {
  let collection = 0;
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) collection += duration / 1000;
  });
  observer.observe({ entryTypes: ["gc"] });
  return () => {
    const { user, system } = process.cpuUsage();
    return { cpu: (user + system) / 1e6, collection };
  };
};
