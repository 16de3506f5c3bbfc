import { setTimeout as delay } from "node:timers/promises";

/** Repeats the assertion until it holds; fails with its last error when the time is up, long after any machine would be. */
export const eventually = async (assertion: () => unknown, withinMs = 20_000): Promise<void> => {
  const deadline = Date.now() + withinMs;
  for (;;) {
    try {
      await assertion();
      return;
    } catch (error) {
      if (Date.now() >= deadline) throw error;
      await delay(10);
    }
  }
};
