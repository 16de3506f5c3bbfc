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

/** CPU seconds of this process so far. */
export const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
